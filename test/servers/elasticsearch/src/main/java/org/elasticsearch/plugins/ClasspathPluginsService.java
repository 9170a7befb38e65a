package org.elasticsearch.plugins;

import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;

import org.elasticsearch.Build;
import org.elasticsearch.action.admin.cluster.node.info.PluginsAndModules;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;

/**
 * Plugins as objects of the class path, where Elasticsearch looks into its folders modules/ and plugins/.
 * It lies in this package because what it overrides is not public.
 */
public class ClasspathPluginsService extends PluginsService {

    private final List<LoadedPlugin> loaded = new ArrayList<>();

    public ClasspathPluginsService(Settings settings, Environment environment, List<Plugin> plugins) {
        super(settings, environment.configDir(), noBundles());
        for (Plugin plugin : plugins) {
            String name = plugin.getClass().getName();
            PluginDescriptor descriptor = new PluginDescriptor(name, "class path plugin", "NA", Build.current().version(),
                Integer.toString(Runtime.version().feature()), name, null, List.of(), false, false, false, false);
            loaded.add(new LoadedPlugin(descriptor, plugin, plugin.getClass().getClassLoader()));
        }
        loadExtensions(loaded);
    }

    public static PluginsLoader noBundles() {
        return PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false);
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded;
    }

    @Override
    public PluginsAndModules info() {
        return new PluginsAndModules(List.of(), loaded.stream().map(LoadedPlugin::descriptor).toList());
    }

    @Override
    public <T> List<? extends T> loadServiceProviders(Class<T> service) {
        List<T> result = new ArrayList<>();
        Set<Object> jars = new HashSet<>();
        jars.add(jar(PluginsService.class));
        loaded.forEach(p -> jars.add(jar(p.instance().getClass())));
        loaded.forEach(p -> jars.add(jar(p.instance().getClass().getSuperclass())));
        ServiceLoader.load(service, getClass().getClassLoader()).stream().forEach(provider -> {
            Class<? extends T> type = provider.type();
            if (jars.contains(jar(type)) == false) {
                return; // of a jar whose plugin is not loaded
            }
            try {
                for (Constructor<?> c : type.getConstructors()) { // a provider may take the plugin it belongs to
                    if (c.getParameterCount() == 1) {
                        for (LoadedPlugin p : loaded) {
                            if (c.getParameterTypes()[0].isInstance(p.instance())) {
                                result.add(service.cast(c.newInstance(p.instance())));
                                return;
                            }
                        }
                    }
                }
                result.add(type.getConstructor().newInstance());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("provider " + type.getName(), e);
            }
        });
        return result;
    }

    private static Object jar(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }
}
