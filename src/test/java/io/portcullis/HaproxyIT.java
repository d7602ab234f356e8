package io.portcullis;

/** HAProxy with {@code conf/haproxy}. */
class HaproxyIT extends FrontEndContract {

    @Override
    FrontEnd frontEnd() {
        return new Haproxy();
    }
}
