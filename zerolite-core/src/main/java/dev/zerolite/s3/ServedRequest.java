package dev.zerolite.s3;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Set;

/**
 * A request as S3Proxy is to serve it; the signature is checked against the request as it came.
 *
 * <ul>
 *   <li>The host is one that S3Proxy reads as it is meant, see {@link BucketHost}.
 *   <li>A read of the first part is a read of the whole: S3Proxy refuses reads of parts, with which
 *       the AWS SDKs begin a download. Without a count of the parts in the answer they take it for
 *       an object of one part.
 * </ul>
 */
final class ServedRequest extends HttpServletRequestWrapper {
  private static final String PART_NUMBER = "partNumber";

  private final String host;
  private final boolean ofFirstPart;

  ServedRequest(HttpServletRequest request) {
    super(request);
    var asked = request.getHeader("Host");
    this.host = BucketHost.normalized(asked == null ? "" : asked);
    this.ofFirstPart =
        Set.of("GET", "HEAD").contains(request.getMethod())
            && "1".equals(request.getParameter(PART_NUMBER));
  }

  @Override
  public String getHeader(String name) {
    return name.equalsIgnoreCase("Host") ? host : super.getHeader(name);
  }

  @Override
  public String getParameter(String name) {
    return ofFirstPart && name.equals(PART_NUMBER) ? null : super.getParameter(name);
  }

  @Override
  public Enumeration<String> getParameterNames() {
    var names = Collections.list(super.getParameterNames());
    if (ofFirstPart) {
      names.remove(PART_NUMBER);
    }
    return Collections.enumeration(names);
  }
}
