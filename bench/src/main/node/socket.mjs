// PGlite behind pglite-socket on a free port, which is printed.
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { createServer } from 'node:net'

const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})
const server = new PGLiteSocketServer({ db: await PGlite.create(), port, host: '127.0.0.1' })
await server.start()
console.log(port)
process.stdin.on('end', () => process.exit(0)).resume()
