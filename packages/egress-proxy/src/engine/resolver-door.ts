import type { EgressPeer } from '@caisson/core'
import { decide } from '../decide/decide.ts'
import type { NameRequest } from '../decide/request.ts'
import { insideAnswer } from '../resolve/inside-answer.ts'
import type { Client } from './client.ts'
import type { Engine } from './engine.ts'

/**
 * Answers a question for a name. Nothing is looked up: a name that a rule names gets an address inside that
 * stands for it, any other does not exist. Refusals are told before the answer is given. `null`: no answer.
 */
export async function answerQuestion(
  engine: Engine,
  query: Buffer,
  asker: { readonly peer: EgressPeer; owner(): Promise<string | null> },
): Promise<Buffer | null> {
  if (!engine.questions.take(engine.now())) return null
  const judge = (host: string): 'allow' | 'deny' =>
    decide(engine.policy(), nameRequest(host)).verdict === 'deny' ? 'deny' : 'allow'
  const { answer, name, verdict } = insideAnswer(query, judge, engine.names)
  if (name !== null && verdict !== null) {
    const client: Pick<Client, 'owner'> = { owner: () => asker.owner() }
    const ruling = await engine.judge.name(nameRequest(name), client)
    // The policy changed in between: the question is better asked again.
    if (ruling.allowed !== (verdict === 'allow')) return null
  }
  return answer
}

function nameRequest(host: string): NameRequest {
  return { kind: 'name', door: 'resolver', host }
}
