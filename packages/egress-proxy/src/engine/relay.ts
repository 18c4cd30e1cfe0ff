import type { Duplex } from 'node:stream'

/** Looks at what a tunnel carries. */
export interface RelayMeter {
  /** Bytes that are about to leave; `false` cuts the tunnel before they do. */
  out(chunk: Buffer): boolean
  /** Bytes that came back; `false` cuts the tunnel. */
  in(chunk: Buffer): boolean
  /** Rewrites what came back, where something in it must not be seen. */
  readonly screen?: Screen | null
}

/** Passes bytes on as they come, or a little later, and changed where they must not be seen. */
export interface Screen {
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** What was held back. */
  end(): readonly Uint8Array[]
}

/** How a tunnel ended: both sides said their end, or it was cut. */
export type RelayEnd = 'complete' | 'cut'

/**
 * Carries bytes both ways until both sides ended, each by itself. When either breaks off, or the meter
 * says so, both are destroyed, with a reset where the socket knows how: a cut must not look like an end.
 */
export function relay(client: Duplex, upstream: Duplex, meter: RelayMeter): Promise<RelayEnd> {
  return new Promise((resolve) => {
    let open = 2
    let over = false
    const finish = (end: RelayEnd): void => {
      if (over) return
      over = true
      if (end === 'cut') {
        reset(client)
        reset(upstream)
      }
      resolve(end)
    }
    const ended = (): void => {
      open -= 1
      if (open === 0) finish('complete')
    }
    const cut = (): void => finish('cut')
    if (client.destroyed || upstream.destroyed) {
      cut()
      return
    }
    carry(client, upstream, { look: (chunk) => meter.out(chunk), screen: null, ended, cut })
    const screen = meter.screen ?? null
    carry(upstream, client, { look: (chunk) => meter.in(chunk), screen, ended, cut })
    client.resume()
    upstream.resume()
  })
}

interface Direction {
  readonly look: (chunk: Buffer) => boolean
  readonly screen: Screen | null
  readonly ended: () => void
  readonly cut: () => void
}

function carry(from: Duplex, to: Duplex, direction: Direction): void {
  const { screen } = direction
  let finished = false
  const pass = (chunk: Uint8Array): void => {
    // A chunk that went to the kernel at once is over the mark all the same, and nothing has to wait for it.
    if (!to.write(chunk) && to.writableLength > 0) from.pause()
  }
  from.on('data', (chunk: Buffer) => {
    try {
      if (!direction.look(chunk)) direction.cut()
      else if (screen === null) pass(chunk)
      else for (const piece of screen.push(chunk)) pass(piece)
    } catch {
      // Thrown into the reading of a socket it would end the host's process.
      direction.cut()
    }
  })
  to.on('drain', () => from.resume())
  from.once('end', () => {
    try {
      for (const piece of screen?.end() ?? []) pass(piece)
    } catch {
      direction.cut()
      return
    }
    to.end(() => {
      finished = true
      direction.ended()
    })
  })
  from.once('error', direction.cut)
  from.once('close', () => {
    if (!from.readableEnded) direction.cut()
  })
  to.once('close', () => {
    if (!finished && !to.writableFinished) direction.cut()
  })
}

/** Ends a connection so that it cannot be taken for an end that its peer meant. */
export function reset(stream: Duplex): void {
  try {
    // Only a bare TCP socket knows how; of others, TLS and Unix sockets among them, the method throws.
    if ('resetAndDestroy' in stream && typeof stream.resetAndDestroy === 'function')
      stream.resetAndDestroy()
  } catch {
    // ERR_INVALID_HANDLE_TYPE: destroyed below, like all that knows no reset.
  }
  // By itself the reset waits until everything written was sent, which a peer that does not read prevents.
  stream.destroy()
}
