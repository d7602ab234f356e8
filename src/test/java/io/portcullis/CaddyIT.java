package io.portcullis;

/** Caddy with {@code conf/caddy}. */
class CaddyIT extends FrontEndContract {

    @Override
    FrontEnd frontEnd() {
        return new Caddy();
    }
}
