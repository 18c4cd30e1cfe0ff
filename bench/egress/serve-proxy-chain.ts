// proxy-chain, as its documentation starts it.
import { Server } from 'proxy-chain'
import { ready } from './serve.ts'

const server = new Server({ port: 0, host: '127.0.0.1' })
await server.listen()
ready(server.port)
