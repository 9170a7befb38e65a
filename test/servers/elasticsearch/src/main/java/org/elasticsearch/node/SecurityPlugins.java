package org.elasticsearch.node;

import java.util.List;
import java.util.function.Function;

import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.xpack.core.XPackPlugin;
import org.elasticsearch.xpack.security.SecurityWithoutSaml;

/** What makes accounts and API keys. Apart, as the jars of server 9 that it needs are not on Maven Central. */
public final class SecurityPlugins implements Function<Settings, List<Plugin>> {
    @Override
    public List<Plugin> apply(Settings settings) {
        return List.of(new SecurityIndexAnalysis(), new XPackPlugin(settings), new SecurityWithoutSaml(settings));
    }
}
