/**
 * The TCP server that puts PostgreSQL's frontend/backend protocol in front of backends: listening,
 * encryption, and from then on bytes passed through unread.
 *
 * <p>It must not know SQL, zero-cache, migrations or how a backend works: only {@link
 * dev.zerolite.pglite.BackendStarter}, {@link dev.zerolite.pglite.Backend} and {@link
 * dev.zerolite.pglite.ClientOutput}.
 *
 * <pre>
 *  client                        Connection (one thread per client)                 Backend
 *    │ ── SSLRequest ──────────────▶ │                                                 │
 *    │ ◀── 'N' ───────────────────── │  likewise GSSENCRequest                         │
 *    │ ── StartupMessage ──────────▶ │  ConnectionGate: may hold the client here       │
 *    │    or CancelRequest           │ ── BackendStarter.connect, receive() ─────────▶ │
 *    │ ◀── Authentication … ReadyForQuery ─────────────────────────── ClientOutput ─── │
 *    │ ── every byte ──────────────▶ │ ── receive() ─────────────────────────────────▶ │
 *    │ ◀── every byte ─────────────────────────────────────────────── ClientOutput ─── │
 *    │ ── close or reset ──────────▶ │ ── disconnect() ──────────────────────────────▶ │
 *    │ ◀── close ─────────────────── │ ◀── awaitEnd() ──────────────────────────────── │
 *
 *  Refused at any step before connect: ErrorResponse (FATAL), then close.
 * </pre>
 *
 * @see <a href="https://www.postgresql.org/docs/18/protocol-flow.html">Message Flow</a>
 * @see <a href="https://www.postgresql.org/docs/18/protocol-message-formats.html">Message
 *     Formats</a>
 */
package dev.zerolite.wire;
