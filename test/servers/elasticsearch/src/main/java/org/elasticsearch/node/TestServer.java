package org.elasticsearch.node;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.Priority;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.common.settings.IndexScopedSettings;
import org.elasticsearch.common.settings.KeyStoreWrapper;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.settings.SettingsFilter;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.env.Environment;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.ClasspathPluginsService;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.transport.netty4.Netty4Plugin;
import org.elasticsearch.xcontent.XContentBuilder;

/**
 * One Elasticsearch node for the tests. It lies in this package because the constructor of Node is not public.
 *
 * Arguments, in any order: --home=FOLDER (required; it holds data, logs and configuration), --security, and any
 * setting as name=value. It listens on a free port of 127.0.0.1 unless http.port is set.
 *
 * Prints {"ready":true,"port":N,"version":"..."} on standard output once it answers, everything else on standard
 * error. Ends on SIGTERM, and when its standard input closes, so that it never outlives the test that started it.
 */
public final class TestServer {

    public static void main(String[] args) throws Exception {
        System.setProperty("log4j2.disable.jmx", "true");
        System.setProperty("es.set.netty.runtime.available.processors", "false");
        PrintStream out = System.out;
        System.setOut(System.err); // log4j writes to whatever System.out is

        List<String> arguments = new ArrayList<>(List.of(args));
        boolean security = arguments.remove("--security");
        Path home = Path.of(arguments.stream().filter(a -> a.startsWith("--home=")).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("--home=FOLDER is missing")).substring("--home=".length()));
        Settings.Builder settings = Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", home.resolve("data").toString())
            .put("path.logs", home.resolve("logs").toString())
            .put("cluster.name", "tierbell-test")
            .put("node.name", "test-node")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("action.destructive_requires_name", false)
            .put("node.processors", 2)
            .put("logger.level", "WARN");
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (argument.startsWith("--home=") == false && equals > 0) {
                settings.put(argument.substring(0, equals), argument.substring(equals + 1));
            }
        }
        if (security) {
            settings.put("xpack.security.enabled", true);
            settings.put("xpack.security.autoconfiguration.enabled", false);
            settings.put("xpack.security.authc.api_key.enabled", true);
            KeyStoreWrapper keystore = KeyStoreWrapper.create();
            keystore.setString("bootstrap.password", "elastic-test".toCharArray()); // the password of the user elastic
            settings.setSecureSettings(keystore);
        }
        Files.createDirectories(home.resolve("config"));
        Files.createDirectories(home.resolve("tmp"));

        LogConfigurator.configureWithoutConfig(settings.build());
        LogConfigurator.configureESLogging();

        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            settings.build(), Map.of(), home.resolve("config"), () -> "test-node");
        List<Plugin> plugins = new ArrayList<>(List.of(new Netty4Plugin(), new RootPlugin()));
        if (security) {
            plugins.addAll(securityPlugins(environment.settings()));
        }
        Node node = new Node(NodeConstruction.prepareConstruction(environment, ClasspathPluginsService.noBundles(), new NodeServiceProvider() {
            @Override
            PluginsService newPluginService(Environment env, PluginsLoader loader) {
                return new ClasspathPluginsService(env.settings(), env, plugins);
            }
        }, true)) {
        };
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
                node.awaitClose(10, TimeUnit.SECONDS);
            } catch (Exception e) {
                e.printStackTrace();
            }
        }));
        node.start();
        node.injector().getInstance(NodeClient.class).admin().cluster().prepareHealth(TimeValue.timeValueSeconds(60))
            .setWaitForEvents(Priority.LANGUID).setWaitForYellowStatus().get(); // until then it answers 503
        int bound = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
        out.println("{\"ready\":true,\"port\":" + bound + ",\"version\":\"" + Build.current().version() + "\"}");
        out.flush();
        while (System.in.read() >= 0) {
            // until the test that holds the other end has gone
        }
        System.exit(0);
    }

    /** By name: server 9 is built without them. */
    @SuppressWarnings("unchecked")
    private static List<Plugin> securityPlugins(Settings settings) throws ReflectiveOperationException {
        Object made = Class.forName("org.elasticsearch.node.SecurityPlugins").getConstructor().newInstance();
        return ((Function<Settings, List<Plugin>>) made).apply(settings);
    }

    /** Answers / as Elasticsearch does, whose clients ask it first; the module that does so is not on Maven Central. */
    static final class RootPlugin extends Plugin implements ActionPlugin {
        private ClusterService clusterService;

        @Override
        public Collection<?> createComponents(PluginServices services) {
            clusterService = services.clusterService();
            return List.of();
        }

        @Override
        public Collection<RestHandler> getRestHandlers(Settings settings, NamedWriteableRegistry writeables, RestController controller,
                ClusterSettings clusterSettings, IndexScopedSettings indexSettings, SettingsFilter filter,
                IndexNameExpressionResolver resolver, Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> features) {
            return List.of(new BaseRestHandler() {
                @Override
                public String getName() {
                    return "main_action";
                }

                @Override
                public List<Route> routes() {
                    return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
                }

                @Override
                protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
                    return channel -> {
                        Build build = Build.current();
                        XContentBuilder body = channel.newBuilder().prettyPrint().startObject();
                        body.field("name", clusterService.getNodeName());
                        body.field("cluster_name", clusterService.getClusterName().value());
                        body.field("cluster_uuid", clusterService.state().metadata().clusterUUID());
                        body.startObject("version");
                        body.field("number", build.qualifiedVersion());
                        body.field("build_flavor", "default");
                        body.field("build_type", build.type().displayName());
                        body.field("build_hash", build.hash());
                        body.field("build_date", build.date());
                        body.field("build_snapshot", build.isSnapshot());
                        body.field("lucene_version", IndexVersion.current().luceneVersion().toString());
                        body.field("minimum_wire_compatibility_version", build.minWireCompatVersion());
                        body.field("minimum_index_compatibility_version", build.minIndexCompatVersion());
                        body.endObject();
                        body.field("tagline", "You Know, for Search");
                        body.endObject();
                        channel.sendResponse(new RestResponse(RestStatus.OK, body));
                    };
                }
            });
        }
    }
}
