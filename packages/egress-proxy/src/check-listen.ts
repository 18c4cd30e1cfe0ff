import type { ListenAt, ListenHandle } from './egress-proxy.ts'

/**
 * Refuses what cannot be listened on, and names that mean nothing: nothing that was asked for is ignored.
 *
 * @throws TypeError that says what is wrong
 */
export function checkListen(where: ListenAt | ListenHandle): void {
  if (typeof where !== 'object' || where === null) throw new TypeError('listen takes an object')
  const known = 'handle' in where ? ['handle', 'door'] : ['host', 'port']
  const stranger = Object.keys(where).find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new TypeError(
      `listen: unknown name ${JSON.stringify(stranger.slice(0, 64))}; known are ${known.join(', ')}`,
    )
  if ('handle' in where) checkHandle(where.handle)
  else checkPlace(where)
}

function checkHandle(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'on' in handle) return
  throw new TypeError('listen: handle: must be a server of node:net, or a socket of node:dgram')
}

function checkPlace({ host, port }: ListenAt): void {
  if (host !== undefined && typeof host !== 'string')
    throw new TypeError('listen: host: must be an address, such as `127.0.0.1`')
  const isPort = Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535
  if (port !== undefined && (typeof port !== 'number' || !isPort))
    throw new TypeError('listen: port: must be a whole number from 0 to 65535')
}

/** @throws TypeError for an event that there is none of: a listener that never hears is a mistake. */
export function checkEvent(name: string): void {
  if (name !== 'decision' && name !== 'alarm')
    throw new TypeError('on: the events are `decision` and `alarm`')
}
