/** Gatling simulations: the gateway as its callers see it. They know nothing of its classes. */
package io.portcullis.load;
