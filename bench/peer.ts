import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What the peer is asked. */
export type PeerRequest =
  | { readonly kind: 'initialize'; readonly folder: string }
  | { readonly kind: 'grow'; readonly bytes: number }
  | { readonly kind: 'run'; readonly command: string; readonly folder: string }

/** What it answers. */
export type PeerAnswer = { readonly milliseconds: number } | { readonly failure: string }

/** The peer, ready to run commands in a folder. */
export interface Peer {
  /** Milliseconds that one command took, sandbox included. */
  run(command: string): Promise<number>
  /** Makes its process larger by so many resident bytes. */
  grow(bytes: number): Promise<void>
  stop(): Promise<void>
}

async function ask(child: ChildProcess, request: PeerRequest): Promise<number> {
  const settled = new AbortController()
  const { signal } = settled
  try {
    const answered = once(child, 'message', { signal }) as Promise<[PeerAnswer]>
    const ended = once(child, 'exit', { signal }).then(() => null)
    child.send(request)
    const answer = await Promise.race([answered, ended])
    if (answer === null) throw new Error('the peer ended')
    if ('failure' in answer[0]) throw new Error(answer[0].failure)
    return answer[0].milliseconds
  } finally {
    settled.abort()
  }
}

/**
 * Starts the peer and lets it run one command, as a proof that it can.
 *
 * @param user Numeric id to run it as, or `null` for the current user.
 */
export async function startPeer(folder: string, user: number | null): Promise<Peer> {
  const program = fileURLToPath(new URL('./peer-server.js', import.meta.url))
  const identity = user === null ? {} : { uid: user, gid: user }
  const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8' }
  const child = fork(program, {
    ...identity,
    env,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const peer: Peer = {
    run: (command) => ask(child, { kind: 'run', command, folder }),
    grow: async (bytes) => void (await ask(child, { kind: 'grow', bytes })),
    stop: async () => {
      const exited = once(child, 'exit')
      if (child.connected) child.disconnect()
      await exited
    },
  }
  try {
    await ask(child, { kind: 'initialize', folder })
    await peer.run('true')
    return peer
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}
