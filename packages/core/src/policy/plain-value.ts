/** Deepest nesting that a policy may have; the schema itself needs less than ten. */
const maxDepth = 40

/** What keeps a value from being plain data, and where. */
export interface PlainFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function ownFault(value: object, path: readonly PropertyKey[]): PlainFault | undefined {
  if (path.length > maxDepth) return { path: path.slice(0, 3), message: 'is nested too deeply' }
  if (!Array.isArray(value) && !isPlainObject(value)) {
    return { path, message: 'must be plain data, as JSON can hold it' }
  }
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    // A getter may answer differently each time it is asked.
    if (property.get !== undefined) return { path: [...path, key], message: 'may not be a getter' }
    if (key === '__proto__') return { path, message: 'may not have a key `__proto__`' }
  }
  return undefined
}

/** Finds what makes an input more than plain data: getters, instances, cycles, `__proto__`. */
export function plainFault(
  value: unknown,
  path: readonly PropertyKey[] = [],
): PlainFault | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fault = ownFault(value, path)
  if (fault !== undefined) return fault
  for (const [key, member] of Object.entries(value)) {
    const inner = plainFault(member, [...path, Array.isArray(value) ? Number(key) : key])
    if (inner !== undefined) return inner
  }
  return undefined
}

/** Freezes a plain value and all that it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
