import type { BodyRule, PartRule } from '@caisson/core'
import { type Expectation, expectationOf } from '../decide/expectation.ts'
import { type CompiledJson, compileJson, invalidBody } from './compile-json.ts'
import type { OperationKind } from './graphql.ts'

/** What one part may be; `null` is no restriction. */
export interface CompiledPart {
  readonly max: number
  readonly types: ReadonlySet<string> | null
  readonly file: boolean
  readonly maxBytes: number | null
  readonly oneOf: ReadonlySet<string> | null
}

/** The fields at the top that operations of a kind may ask for. */
export type CompiledGraphql = Readonly<Record<OperationKind, ReadonlySet<string>>>

/** What a body may be. `null` is a kind that it may not be of. */
export interface CompiledBody {
  /** `network.allow[2].body`. */
  readonly clause: string
  readonly json: CompiledJson | null
  readonly form: Expectation | null
  readonly multipart: ReadonlyMap<string, CompiledPart> | null
  readonly graphql: CompiledGraphql | null
  /** `package.Service/Method`, and `package.Service/` for all of a service. */
  readonly grpc: ReadonlySet<string> | null
  readonly maxBytes: number | null
}

const grpcMethod = /^([A-Za-z_][\w.]*\/)(?:\*|[A-Za-z_]\w*)$/

function compileGrpc(clause: string, methods: readonly string[]): ReadonlySet<string> {
  return new Set(
    methods.map((method, index) => {
      const service = grpcMethod.exec(method)?.[1]
      if (service !== undefined) return method.endsWith('/*') ? service : method
      throw invalidBody(
        `${clause}[${index}]`,
        'it is no method of gRPC',
        'write `package.Service/Method`, or `package.Service/*`',
      )
    }),
  )
}

function compilePart(rule: PartRule): CompiledPart {
  return {
    max: rule.max ?? 1,
    types: rule.types === undefined ? null : new Set(rule.types),
    file: rule.file === true,
    maxBytes: rule.maxBytes ?? null,
    oneOf: rule.oneOf === undefined ? null : new Set(rule.oneOf),
  }
}

function compileParts(
  clause: string,
  parts: Readonly<Record<string, PartRule>>,
): ReadonlyMap<string, CompiledPart> {
  return new Map(
    Object.entries(parts).map(([name, rule]) => {
      const { maxBytes, oneOf } = rule
      const isShort = (one: string): boolean =>
        maxBytes === undefined || Buffer.byteLength(one) <= maxBytes
      if (oneOf === undefined || oneOf.some(isShort)) return [name, compilePart(rule)]
      throw invalidBody(
        `${clause}.${name}`,
        'every value of `oneOf` is longer than `maxBytes`',
        'raise `maxBytes`, or leave it out',
      )
    }),
  )
}

function compileGraphql(rule: NonNullable<BodyRule['graphql']>): CompiledGraphql {
  return {
    query: new Set(rule.queries),
    mutation: new Set(rule.mutations),
    subscription: new Set(rule.subscriptions),
  }
}

function checkKinds(clause: string, { json, form, multipart, graphql, grpc }: BodyRule): void {
  const kinds = [json, form, multipart, graphql, grpc]
  if (kinds.some((kind) => kind !== undefined)) return
  throw invalidBody(
    clause,
    'it names no kind of body, so that it would refuse every one',
    'name `json`, `form`, `multipart`, `graphql` or `grpc`',
  )
}

function made<Given, Made>(given: Given | undefined, make: (given: Given) => Made): Made | null {
  return given === undefined ? null : make(given)
}

/**
 * Makes what bodies are judged by from the clause of a rule.
 *
 * @param clause where it stands: `network.allow[2].body`
 * @throws SandboxError `POLICY_INVALID` for a rule that cannot hold
 */
export function compileBody(clause: string, rule: BodyRule): CompiledBody {
  checkKinds(clause, rule)
  return {
    clause,
    json: made(rule.json, (json) => compileJson(`${clause}.json`, json)),
    form: made(rule.form, expectationOf),
    multipart: made(rule.multipart, (parts) => compileParts(`${clause}.multipart`, parts)),
    graphql: made(rule.graphql, compileGraphql),
    grpc: made(rule.grpc, (methods) => compileGrpc(`${clause}.grpc`, methods)),
    maxBytes: rule.maxBytes ?? null,
  }
}
