import type { JsonValue } from './body-view.ts'
import type { CompiledGraphql } from './compile-body.ts'
import { type Document, GraphqlFault, type Operation, readDocument, topFields } from './graphql.ts'
import { type BodyFault, listText } from './json-check.ts'
import { keyText } from './pointer-text.ts'

/** GraphQL over HTTP, 5.4. Servers take other keys for documents that are kept with them. */
const known: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions'])
/** Says who asks. Of the other extensions some name a document that is run in place of `query`. */
const knownExtensions: ReadonlySet<string> = new Set(['clientLibrary'])

const form =
  'send one object with `query`, and `operationName` and `variables` where they are needed'

function stranger(
  members: ReadonlyMap<string, JsonValue>,
  allowed: ReadonlySet<string>,
): BodyFault | null {
  for (const key of members.keys()) {
    if (allowed.has(key)) continue
    return {
      reason: `a body of GraphQL may not have ${keyText(key)}`,
      remedy: `leave ${keyText(key)} out, and send the whole text in \`query\``,
    }
  }
  return null
}

function variablesFault(members: ReadonlyMap<string, JsonValue>): BodyFault | null {
  const variables = members.get('variables') ?? null
  if (variables === null || variables instanceof Map) return null
  return { reason: '`variables` is no object', remedy: form }
}

function extensionsFault(members: ReadonlyMap<string, JsonValue>): BodyFault | null {
  const extensions = members.get('extensions') ?? null
  if (extensions === null) return null
  if (extensions instanceof Map) return stranger(extensions, knownExtensions)
  return { reason: '`extensions` is no object', remedy: form }
}

function nameFault(operations: readonly Operation[], name: JsonValue): BodyFault | null {
  const names = new Set(operations.map((one) => one.name))
  if (operations.length === 0) return { reason: 'it asks for nothing', remedy: form }
  if (names.size < operations.length || (names.has(null) && operations.length > 1)) {
    return { reason: 'its operations have no names of their own', remedy: 'send one operation' }
  }
  const isNamed =
    name === null ? operations.length === 1 : typeof name === 'string' && names.has(name)
  if (isNamed) return null
  return {
    reason: '`operationName` names none of its operations',
    remedy: 'send one operation, and its name or none',
  }
}

function fieldsFault(
  rule: CompiledGraphql,
  operation: Operation,
  document: Document,
): BodyFault | null {
  const { kind } = operation
  const allowed = rule[kind]
  if (allowed.size === 0) {
    return { reason: `it holds a ${kind}, and none is allowed`, remedy: `leave the ${kind} out` }
  }
  for (const field of topFields(operation, document)) {
    // Tells the name of a type that is known already.
    if (field === '__typename' || allowed.has(field)) continue
    return {
      reason: `the ${kind} asks for ${keyText(field)}, which is not allowed`,
      remedy: `ask for ${listText([...allowed])}`,
    }
  }
  return null
}

function documentFault(
  rule: CompiledGraphql,
  query: string,
  operationName: JsonValue,
): BodyFault | null {
  const document = readDocument(query)
  const named = nameFault(document.operations, operationName)
  if (named !== null) return named
  // All of them: a server may take the name of the one to run from elsewhere, or run the first.
  for (const operation of document.operations) {
    const fault = fieldsFault(rule, operation, document)
    if (fault !== null) return fault
  }
  return null
}

/** Why a document of JSON is no allowed request of GraphQL, or `null`. */
export function graphqlFault(rule: CompiledGraphql, value: JsonValue): BodyFault | null {
  if (!(value instanceof Map)) return { reason: 'a body of GraphQL is one object', remedy: form }
  const members: ReadonlyMap<string, JsonValue> = value
  const misshapen = stranger(members, known) ?? variablesFault(members) ?? extensionsFault(members)
  if (misshapen !== null) return misshapen
  const query = members.get('query')
  if (typeof query !== 'string') {
    return {
      reason: 'it has no text in `query`, so that what it asks for cannot be seen',
      remedy: form,
    }
  }
  try {
    return documentFault(rule, query, members.get('operationName') ?? null)
  } catch (error) {
    if (!(error instanceof GraphqlFault)) throw error
    return { reason: `its \`query\` cannot be read: ${error.message}`, remedy: form }
  }
}
