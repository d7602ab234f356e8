package io.portcullis;

import io.portcullis.testing.ProxyProcess;

/** Starts a real proxy with the shipped files, in front of an upstream, asking a gateway. */
@FunctionalInterface
interface FrontEnd {

    ProxyProcess start(int gatewayPort, int upstreamPort) throws Exception;
}
