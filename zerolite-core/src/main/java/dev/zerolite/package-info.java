/**
 * The whole of zerolite as one object: starts the cluster, its port, the migrations, the app and
 * zero-cache in order, and stops them in reverse. Must not know: protocols, or zero-cache's ways.
 */
package dev.zerolite;
