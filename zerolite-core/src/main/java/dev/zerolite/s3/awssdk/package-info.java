/**
 * Buckets and objects as directories and files. Must not know: HTTP, signatures, XML.
 *
 * <p>S3Proxy decides by a store's class name what it may leave to it: {@code .awssdk.} in the name
 * means that the store itself judges If-Match and If-None-Match while it writes, keeps an upload's
 * headers from its begin to its completion, and answers conditional deletes (S3ProxyHandler's
 * getBlobStoreType, Quirks). That is what this store does, hence the package's name.
 */
package dev.zerolite.s3.awssdk;
