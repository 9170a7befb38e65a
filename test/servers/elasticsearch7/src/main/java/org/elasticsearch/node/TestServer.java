package org.elasticsearch.node;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.elasticsearch.Version;
import org.elasticsearch.client.Client;
import org.elasticsearch.common.Priority;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.transport.Netty4Plugin;

/**
 * One Elasticsearch 7.17 node for the tests. It lies in this package because the constructor of Node is not public.
 * Arguments and behaviour are those of the server 8 beside it, without accounts.
 */
public final class TestServer {

    public static void main(String[] args) throws Exception {
        System.setProperty("log4j2.disable.jmx", "true");
        System.setProperty("es.set.netty.runtime.available.processors", "false");
        PrintStream out = System.out;
        System.setOut(System.err); // log4j writes to whatever System.out is

        Path home = Path.of(List.of(args).stream().filter(a -> a.startsWith("--home=")).findFirst()
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
            .put("transport.type", Netty4Plugin.NETTY_TRANSPORT_NAME)
            .put("http.type", Netty4Plugin.NETTY_HTTP_TRANSPORT_NAME)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("node.processors", 2)
            .put("logger.level", "WARN");
        for (String argument : args) {
            int equals = argument.indexOf('=');
            if (argument.startsWith("--home=") == false && equals > 0) {
                settings.put(argument.substring(0, equals), argument.substring(equals + 1));
            }
        }
        Files.createDirectories(home.resolve("config"));
        Files.createDirectories(home.resolve("tmp"));

        LogConfigurator.configureWithoutConfig(settings.build());

        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            settings.build(), Map.of(), home.resolve("config"), () -> "test-node");
        Node node = new Node(environment, List.of(Netty4Plugin.class), true) {
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
        node.injector().getInstance(Client.class).admin().cluster().prepareHealth()
            .setWaitForEvents(Priority.LANGUID).setWaitForYellowStatus().get(); // until then it answers 503
        int bound = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
        out.println("{\"ready\":true,\"port\":" + bound + ",\"version\":\"" + Version.CURRENT + "\"}");
        out.flush();
        while (System.in.read() >= 0) {
            // until the test that holds the other end has gone
        }
        System.exit(0);
    }
}
