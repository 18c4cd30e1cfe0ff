import type { Answer, SeenRequest, Site } from '../packages/origin.ts'

const usage = { input_tokens: 3, output_tokens: 2 }
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'made-up' }

/** The API of Anthropic, as far as clients of messages need it, for the keys that hold at the time. */
export function anthropicSite(isValid: (key: string) => boolean): Site {
  return (request) => {
    const key = String(request.headers['x-api-key'] ?? '')
    if (!isValid(key)) return failure(401, 'authentication_error', `invalid x-api-key ${key}`)
    const [path = ''] = request.target.split('?')
    if (path === '/v1/messages') return messages(request, key)
    if (path === '/v1/messages/count_tokens') return json({ input_tokens: 3 })
    if (path === '/v1/models') return json({ data: [model], has_more: false })
    if (path === '/v1/files') return json({ id: 'file_1', type: 'file' })
    return failure(404, 'not_found_error', 'not found')
  }
}

const model = { type: 'model', id: 'made-up', display_name: 'Made up' }

/** Says what it was told; to `whoami`, whose key it was told it by. */
function messages({ body }: SeenRequest, key: string): Answer {
  const asked = JSON.parse(body.toString()) as {
    readonly stream?: boolean
    readonly messages: readonly { readonly content: string }[]
  }
  const content = asked.messages[0]?.content ?? ''
  const text = content === 'whoami' ? `you are ${key}` : `you said ${content}`
  if (asked.stream === true) return { type: 'text/event-stream', body: events(text) }
  return json({ ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage })
}

/** The answer as events, sent in pieces of a few characters, so that whatever stands in it is cut. */
function events(text: string): readonly string[] {
  const all = [
    event({ type: 'message_start', message: { ...message, content: [], usage } }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    event({ type: 'content_block_stop', index: 0 }),
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }),
    event({ type: 'message_stop' }),
  ]
  return all.join('').match(/.{1,7}/gs) ?? []
}

function event(data: Readonly<Record<string, unknown>>): string {
  return `event: ${String(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`
}

function json(value: unknown): Answer {
  return { type: 'application/json', body: JSON.stringify(value) }
}

function failure(status: number, type: string, said: string): Answer {
  return { ...json({ type: 'error', error: { type, message: said } }), status }
}
