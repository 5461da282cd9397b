package dev.zerolite.s3.awssdk;

import dev.zerolite.s3.awssdk.ObjectFiles.Condition;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.gaul.s3proxy.S3ErrorCode;
import org.gaul.s3proxy.S3ProxyException;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.SdkRequests;
import org.gaul.s3proxy.blobstore.SdkResponses;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectAclRequest;
import software.amazon.awssdk.services.s3.model.GetObjectAclResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListBucketsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.StorageClass;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * What S3Proxy stores into: a directory with a directory per bucket and a file per object. Its own
 * file store writes half-received uploads beside the objects, maps several keys to one file, and
 * needs a file system with extended attributes; docs/s3.md has the list.
 */
public final class FileStore implements BlobStore {
  private static final int PAGE = 1000;

  private final DirectoryLock lock;
  private final Buckets buckets;
  private final Uploads uploads;
  private final Incoming incoming;

  /**
   * Opens the directory, which is made if it is missing.
   *
   * @throws IOException if another store has it open; the message says what to do
   */
  public FileStore(Path root) throws IOException {
    Files.createDirectories(root);
    this.lock = DirectoryLock.take(root);
    this.incoming = new Incoming(root.resolve(".incoming"));
    this.uploads = new Uploads(root.resolve(".uploads"), incoming);
    this.buckets = new Buckets(root, incoming);
  }

  @Override
  public void close() {
    unchecked(
        () -> {
          lock.close();
          return null;
        });
  }

  private ObjectFiles bucket(String name) {
    return buckets
        .get(name)
        .orElseThrow(() -> S3Exceptions.noSuchBucket(name, "there is no such directory"));
  }

  @Override
  public ListBucketsResponse list() {
    return unchecked(
        () -> {
          var all = new ArrayList<Bucket>();
          buckets.all().forEach((name, since) -> all.add(SdkResponses.bucket(name, since)));
          return ListBucketsResponse.builder().buckets(all).build();
        });
  }

  @Override
  public HeadBucketResponse headBucket(HeadBucketRequest request) {
    bucket(request.bucket());
    return HeadBucketResponse.builder().bucketRegion("us-east-1").build();
  }

  @Override
  public CreateBucketResponse createContainer(CreateBucketRequest request) {
    return unchecked(
        () -> {
          if (!buckets.create(request.bucket(), access(request.acl()))) {
            throw S3Exceptions.bucketAlreadyOwnedByYou(request.bucket());
          }
          return CreateBucketResponse.builder().build();
        });
  }

  @Override
  public void deleteBucket(String name) {
    unchecked(
        () -> {
          if (buckets.get(name).isPresent() && !buckets.delete(name)) {
            throw S3Exceptions.bucketNotEmpty(name);
          }
          for (var upload : uploads.of(name).keySet()) {
            uploads.remove(upload);
          }
          return null;
        });
  }

  @Override
  public BucketCannedACL getContainerAccess(String name) {
    bucket(name);
    return unchecked(
        () ->
            switch (buckets.access(name)) {
              case PRIVATE -> BucketCannedACL.PRIVATE;
              case PUBLIC_READ -> BucketCannedACL.PUBLIC_READ;
              case PUBLIC_READ_WRITE -> BucketCannedACL.PUBLIC_READ_WRITE;
            });
  }

  @Override
  public void setContainerAccess(String name, BucketCannedACL acl) {
    bucket(name);
    unchecked(
        () -> {
          buckets.setAccess(name, access(acl));
          return null;
        });
  }

  private static Buckets.Access access(@Nullable BucketCannedACL acl) {
    if (acl == BucketCannedACL.PUBLIC_READ_WRITE) {
      return Buckets.Access.PUBLIC_READ_WRITE;
    }
    return acl == BucketCannedACL.PUBLIC_READ ? Buckets.Access.PUBLIC_READ : Buckets.Access.PRIVATE;
  }

  @Override
  public ListObjectsV2Response list(ListObjectsV2Request request) {
    var bucket = bucket(request.bucket());
    var after =
        request.continuationToken() != null
            ? fromToken(request.continuationToken())
            : orEmpty(request.startAfter());
    int limit = request.maxKeys() == null ? PAGE : request.maxKeys();
    return unchecked(
        () -> {
          var page =
              Listing.page(
                  bucket.directory(),
                  orEmpty(request.prefix()),
                  orEmpty(request.delimiter()),
                  after,
                  limit);
          var objects = new ArrayList<S3Object>();
          var prefixes = new ArrayList<CommonPrefix>();
          for (var entry : page.entries()) {
            if (entry.isPrefix()) {
              prefixes.add(SdkResponses.commonPrefix(entry.name()));
            } else {
              // One that was deleted since its name was read is not there.
              bucket.find(entry.name()).ifPresent(found -> objects.add(line(entry.name(), found)));
            }
          }
          var entries = page.entries();
          var next = page.isTruncated() ? token(entries.get(entries.size() - 1).name()) : null;
          return SdkResponses.objectsPage(objects, prefixes, next);
        });
  }

  private static S3Object line(String key, ObjectRecord record) {
    return SdkResponses.objectEntry(
        key, quoted(record.etag()), modified(record), record.size(), StorageClass.STANDARD);
  }

  // Tokens go through XML, which cannot carry every key.
  private static String token(String name) {
    return Base64.getUrlEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8));
  }

  private static String fromToken(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw S3Exceptions.invalidArgument("The continuation token provided is incorrect");
    }
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  @Override
  public PutObjectResponse putBlob(PutObjectRequest request, InputStream payload) {
    var bucket = bucket(request.bucket());
    return unchecked(
        () -> {
          var body = incoming.receive(payload, request.contentLength(), request.contentMD5());
          var record =
              new ObjectRecord(
                  body.size(),
                  0,
                  body.md5(),
                  body.crc32(),
                  RequestHeaders.of(request),
                  request.metadata(),
                  request.acl() == ObjectCannedACL.PUBLIC_READ);
          bucket.publish(
              request.key(),
              body.file(),
              record,
              Conditions.forWrite(request.bucket(), request.key(), request));
          return SdkResponses.putResponse(quoted(body.md5()));
        });
  }

  @Override
  public CopyObjectResponse copyBlob(CopyObjectRequest request) {
    var from = bucket(request.sourceBucket());
    var to = bucket(request.destinationBucket());
    return unchecked(
        () -> {
          var source =
              from.open(request.sourceKey())
                  .orElseThrow(() -> noSuchKey(request.sourceBucket(), request.sourceKey()));
          var record = source.record();
          try (var bytes = Channels.newInputStream(source.bytes())) {
            Conditions.checkCopySource(request, record.etag(), modified(record));
            var body = incoming.receive(bytes, record.size(), null);
            boolean replace = request.metadataDirective() == MetadataDirective.REPLACE;
            var copy =
                to.publish(
                    request.destinationKey(),
                    body.file(),
                    new ObjectRecord(
                        body.size(),
                        0,
                        body.md5(),
                        body.crc32(),
                        replace ? RequestHeaders.of(request) : record.headers(),
                        replace ? request.metadata() : record.metadata(),
                        request.acl() == ObjectCannedACL.PUBLIC_READ),
                    Condition.none());
            return SdkResponses.copyResponse(quoted(copy.etag()), modified(copy));
          }
        });
  }

  @Override
  public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
    var bucket = bucket(request.bucket());
    return unchecked(
        () -> {
          var record =
              bucket
                  .find(request.key())
                  .orElseThrow(() -> noSuchKey(request.bucket(), request.key()));
          return SdkResponses.toHead(response(record).build());
        });
  }

  @Override
  public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
    var bucket = bucket(request.bucket());
    return unchecked(
        () -> {
          var object =
              bucket
                  .open(request.key())
                  .orElseThrow(() -> noSuchKey(request.bucket(), request.key()));
          boolean handedOn = false;
          try {
            var record = object.record();
            Conditions.checkRead(request, record.etag(), modified(record));
            var range = ByteRange.of(SdkRequests.parseRange(request.range()), record.size());
            var response = response(record).contentLength(range.length());
            if (request.range() != null) {
              response.contentRange(range.header(record.size()));
            }
            object.bytes().position(range.first());
            var bytes = new RangeInputStream(object.bytes(), range.length());
            handedOn = true;
            return SdkResponses.getResponse(response.build(), bytes);
          } finally {
            if (!handedOn) {
              object.bytes().close();
            }
          }
        });
  }

  @SuppressWarnings("deprecation") // the SDK has only this form of Expires as a time
  private static GetObjectResponse.Builder response(ObjectRecord record) {
    var headers = record.headers();
    return GetObjectResponse.builder()
        .eTag(quoted(record.etag()))
        .lastModified(modified(record))
        .contentLength(record.size())
        .contentType(headers.contentType())
        .cacheControl(headers.cacheControl())
        .contentDisposition(headers.contentDisposition())
        .contentEncoding(headers.contentEncoding())
        .contentLanguage(headers.contentLanguage())
        .expires(headers.expires() == null ? null : Instant.ofEpochMilli(headers.expires()))
        .checksumCRC32(record.crc32())
        .checksumType(record.crc32() == null ? null : "FULL_OBJECT")
        .metadata(record.metadata());
  }

  @Override
  public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
    var bucket = bucket(request.bucket());
    if (request.versionId() != null && !request.versionId().equals("null")) {
      throw new UnsupportedOperationException("there are no versions");
    }
    return unchecked(
        () -> {
          bucket.delete(request.key(), Conditions.forDelete(request));
          return DeleteObjectResponse.builder().build();
        });
  }

  /**
   * What is asked before everybody is served: in a public bucket all objects are, as with the
   * bucket policy that one writes for that in S3. What is not there is private, so that nobody
   * learns that it is not.
   */
  @Override
  public ObjectCannedACL getBlobAccess(String bucketName, String key) {
    var bucket = bucket(bucketName);
    return unchecked(
        () -> {
          boolean isPublic =
              buckets.access(bucketName) != Buckets.Access.PRIVATE
                  || bucket.find(key).map(ObjectRecord::publicRead).orElse(false);
          return isPublic ? ObjectCannedACL.PUBLIC_READ : ObjectCannedACL.PRIVATE;
        });
  }

  @Override
  public GetObjectAclResponse getBlobAcl(GetObjectAclRequest request) {
    blobMetadata(request.bucket(), request.key());
    return SdkResponses.objectAcl(getBlobAccess(request.bucket(), request.key()));
  }

  @Override
  public void setBlobAccess(String bucketName, String key, ObjectCannedACL acl) {
    var bucket = bucket(bucketName);
    unchecked(
        () -> {
          bucket.setPublicRead(key, acl == ObjectCannedACL.PUBLIC_READ);
          return null;
        });
  }

  @Override
  public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
    bucket(request.bucket());
    return unchecked(
        () -> {
          var upload =
              new Uploads.Upload(
                  request.bucket(),
                  request.key(),
                  Instant.now().toEpochMilli(),
                  RequestHeaders.of(request),
                  request.metadata(),
                  request.acl() == ObjectCannedACL.PUBLIC_READ);
          return new MultipartUpload(uploads.begin(upload), request);
        });
  }

  @Override
  public UploadPartResponse uploadMultipartPart(
      MultipartUpload mpu, UploadPartRequest request, InputStream in) {
    return unchecked(
        () -> {
          uploads.get(mpu.id(), mpu.containerName(), mpu.blobName());
          var md5 =
              uploads.put(
                  mpu.id(),
                  request.partNumber(),
                  in,
                  request.contentLength(),
                  request.contentMD5());
          return SdkResponses.uploadedPart(quoted(md5));
        });
  }

  @Override
  public List<Part> listMultipartUpload(MultipartUpload mpu) {
    return unchecked(
        () -> {
          if (uploads.wasCompleted(mpu.id())) {
            return List.of();
          }
          uploads.get(mpu.id(), mpu.containerName(), mpu.blobName());
          return uploads.parts(mpu.id()).stream().map(FileStore::part).toList();
        });
  }

  private static Part part(Uploads.Part part) {
    return SdkResponses.part(
        part.number(), part.size(), quoted(part.md5()), Instant.ofEpochMilli(part.modified()));
  }

  @Override
  public List<software.amazon.awssdk.services.s3.model.MultipartUpload> listMultipartUploads(
      String name) {
    bucket(name);
    return unchecked(
        () -> {
          var all = new ArrayList<software.amazon.awssdk.services.s3.model.MultipartUpload>();
          uploads
              .of(name)
              .forEach(
                  (id, upload) ->
                      all.add(
                          SdkResponses.upload(
                              upload.key(), id, Instant.ofEpochMilli(upload.initiated()))));
          return all;
        });
  }

  @Override
  public CompleteMultipartUploadResponse completeMultipartUpload(
      MultipartUpload mpu, CompleteMultipartUploadRequest request) {
    var bucket = bucket(mpu.containerName());
    return unchecked(
        () -> {
          var upload = uploads.get(mpu.id(), mpu.containerName(), mpu.blobName());
          var arrived = new HashMap<Integer, Uploads.Part>();
          uploads.parts(mpu.id()).forEach(part -> arrived.put(part.number(), part));
          var parts = new ArrayList<Uploads.Part>();
          for (var wanted : request.multipartUpload().parts()) {
            parts.add(
                Optional.ofNullable(arrived.get(wanted.partNumber()))
                    .orElseThrow(() -> new S3ProxyException(S3ErrorCode.INVALID_PART)));
          }
          var etag = Uploads.etag(parts);
          var record =
              new ObjectRecord(
                  0, 0, etag, null, upload.headers(), upload.metadata(), upload.publicRead());
          var condition =
              Conditions.forWrite(
                  mpu.containerName(), mpu.blobName(), request.ifMatch(), request.ifNoneMatch());
          bucket.publish(mpu.blobName(), uploads.join(parts), record, condition);
          uploads.completed(mpu.id());
          return SdkResponses.completeResponse(quoted(etag));
        });
  }

  @Override
  public void abortMultipartUpload(MultipartUpload mpu) {
    unchecked(
        () -> {
          uploads.get(mpu.id(), mpu.containerName(), mpu.blobName());
          uploads.remove(mpu.id());
          return null;
        });
  }

  @Override
  public long getMinimumMultipartPartSize() {
    return 1;
  }

  private static String quoted(String etag) {
    return '"' + etag + '"';
  }

  // HTTP dates have no fractions, and clients send them back in conditions.
  private static Instant modified(ObjectRecord record) {
    return Instant.ofEpochMilli(record.modified()).truncatedTo(ChronoUnit.SECONDS);
  }

  private static RuntimeException noSuchKey(String bucket, String key) {
    return S3Exceptions.noSuchKey(bucket, key, "there is no such file");
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  /** BlobStore has no checked exceptions; S3Proxy answers an unchecked one with InternalError. */
  private static <T> T unchecked(Action<T> action) {
    try {
      return action.run();
    } catch (NoSuchFileException | FileNotFoundException e) {
      throw S3Exceptions.noSuchBucket(e.getMessage(), "it was deleted meanwhile", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
