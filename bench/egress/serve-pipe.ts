// The least that a relay in Node can do: CONNECT, and `pipe()` both ways. It judges nothing.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { listenOn, ready } from './serve.ts'

const server = createServer()
server.on('connect', ({ url }, client) => {
  const upstream = connect(Number(url?.split(':')[1]), '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    client.pipe(upstream).pipe(client)
  })
  client.on('error', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
})
ready(await listenOn(server))
