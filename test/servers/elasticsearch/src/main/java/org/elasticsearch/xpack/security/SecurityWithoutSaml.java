package org.elasticsearch.xpack.security;

import java.util.List;

import org.elasticsearch.action.ActionRequest;
import org.elasticsearch.action.ActionResponse;
import org.elasticsearch.common.settings.Settings;

/**
 * The security plugin less its SAML actions, whose library is not on Maven Central.
 * It lies in this package because a REST interceptor is accepted from classes of org.elasticsearch.xpack only.
 */
public class SecurityWithoutSaml extends Security {
    public SecurityWithoutSaml(Settings settings) {
        super(settings);
    }

    @Override
    public List<ActionHandler<? extends ActionRequest, ? extends ActionResponse>> getActions() {
        return super.getActions().stream().filter(h -> h.getTransportAction().getSimpleName().contains("Saml") == false).toList();
    }
}
