import { z } from 'zod'
import type { EgressProxyOptions } from '../options.ts'
import type { Call, PortableOptions } from './messages.ts'

/** Calls a function in the host's process; rejects when it fails there, or does not answer. */
export type Remote = (call: Call, signal?: AbortSignal) => Promise<unknown>

const owner = z.string().nullable()
const hookAnswer = z.strictObject({ deny: z.string() }).optional()

/** The functions of the host application, as seen from the proxy's process. */
export function remoteFunctions(
  calls: PortableOptions['calls'],
  remote: Remote,
): Pick<EgressProxyOptions, 'locate' | 'onAsk' | 'hooks'> {
  const has = (name: PortableOptions['calls'][number]): boolean => calls.includes(name)
  return {
    ...(has('locate')
      ? { locate: async (peer) => owner.parse(await remote({ name: 'locate', peer })) }
      : {}),
    ...(has('onAsk')
      ? {
          onAsk: async ({ signal, ...question }) =>
            (await remote({ name: 'onAsk', question }, signal)) === true,
        }
      : {}),
    hooks: {
      ...(has('onRequest')
        ? {
            onRequest: async (request) =>
              hookAnswer.parse(await remote({ name: 'onRequest', request })),
          }
        : {}),
      ...(has('onResponse')
        ? {
            onResponse: async (request, { status, headers }) =>
              hookAnswer.parse(
                await remote({ name: 'onResponse', request, response: { status, headers } }),
              ),
          }
        : {}),
    },
  }
}
