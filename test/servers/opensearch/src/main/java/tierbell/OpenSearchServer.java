package tierbell;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;

/** A real single-node OpenSearch for tests: [port, 0 = any free one] [--stdin] [key=value ...]. */
public final class OpenSearchServer {
    static final class EmbeddedNode extends Node {
        EmbeddedNode(Environment environment, Collection<Class<? extends Plugin>> plugins) {
            super(environment, plugins, true);
        }

    }

    public static void main(String[] args) throws Exception {
        long t0 = System.nanoTime();
        java.io.PrintStream out = System.out;
        System.setOut(System.err);
        String port = "0";
        boolean watchStdin = false;
        Path home = Files.createTempDirectory("opensearch-");
        Settings.Builder settings = Settings.builder()
            .put("path.home", home.toString()).put("path.data", home.resolve("data").toString()).put("path.logs", home.resolve("logs").toString())
            .put("cluster.name", "test-cluster").put("node.name", "test-node").put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1").put("transport.port", "0").put("http.type", "netty4").put("transport.type", "netty4")
            .put("cluster.routing.allocation.disk.threshold_enabled", false).put("logger.level", "WARN");
        for (String arg : args) {
            int eq = arg.indexOf('=');
            if (arg.equals("--stdin")) {
                watchStdin = true;
            } else if (eq > 0) {
                settings.put(arg.substring(0, eq), arg.substring(eq + 1));
            } else {
                port = arg;
            }
        }
        settings.put("http.port", port);
        Files.createDirectories(home.resolve("config"));
        LogConfigurator.configureWithoutConfig(settings.build());
        Environment environment = InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), home.resolve("config"), () -> "test-node");
        Node node = new EmbeddedNode(environment, List.of(
            org.opensearch.transport.Netty4Plugin.class,
            org.opensearch.analysis.common.CommonAnalysisPlugin.class,
            org.opensearch.painless.PainlessPlugin.class,
            org.opensearch.script.expression.ExpressionPlugin.class,
            org.opensearch.script.mustache.MustachePlugin.class,
            org.opensearch.index.mapper.MapperExtrasPlugin.class,
            org.opensearch.index.reindex.ReindexPlugin.class,
            org.opensearch.ingest.common.IngestCommonPlugin.class,
            org.opensearch.join.ParentJoinPlugin.class));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
                org.opensearch.common.util.io.IOUtils.rm(home);
            } catch (Exception e) {
                e.printStackTrace();
            }
        }));
        node.start();
        int bound = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
        out.println("{\"ready\":true,\"port\":" + bound + ",\"version\":\"" + Version.CURRENT + "\",\"pid\":" + ProcessHandle.current().pid()
            + ",\"ms\":" + (System.nanoTime() - t0) / 1_000_000 + "}");
        out.flush();
        if (watchStdin) {
            while (System.in.read() >= 0) {
                // wait for end of input
            }
            System.exit(0);
        }
        Thread.currentThread().join();
    }
}
