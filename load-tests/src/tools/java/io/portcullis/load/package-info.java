/**
 * Tools that measure the gateway from outside: a load generator, the bare server it is compared with, and what fills a registry with
 * keys. Compiled by the scripts against the gateway's jar; nothing here is part of the product.
 */
package io.portcullis.load;
