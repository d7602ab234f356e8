package io.portcullis;

/** nginx with {@code conf/nginx}. */
class NginxIT extends FrontEndContract {

    @Override
    FrontEnd frontEnd() {
        return Nginx.shipped();
    }
}
