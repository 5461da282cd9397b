/**
 * What a user may set: one immutable {@link dev.zerolite.config.ZeroLiteConfig}, made in code or
 * read from {@code zerolite.yaml}. Must not know: how any of it is carried out.
 */
package dev.zerolite.config;
