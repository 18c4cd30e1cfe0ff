import { parsePolicy, type Policy, SandboxError } from '@caisson/core'
import { z } from 'zod'
import { registryKinds } from './auditor/registry-kind.ts'
import { referencesOf } from './credentials/references.ts'
import { defaultLimits, type ProxyLimits } from './limits.ts'
import type { EgressOptions, EgressProxyOptions } from './options.ts'

const certificates = z.string().includes('-----BEGIN CERTIFICATE-----', {
  error: 'must be the text of certificates, PEM, not a path',
})

const callable = z.custom<(...given: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function',
)

const provider = z.custom<(...given: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function that returns { value, expiresAt? }',
)

const providerName = z.string().min(1, 'must have a name').max(128, 'has too long a name')

const limit = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be above 0')
  .max(2 ** 31 - 1)

/** Sizes, counts and times: bounds that can be moved, and not taken away. */
const limits = z.strictObject(
  Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, limit.optional()])),
) satisfies z.ZodType<Partial<Record<string, number | undefined>>>

const knownHooks = { onRequest: callable.optional(), onResponse: callable.optional() }

/** What is not looked at more closely by the part that it is for. */
const schema = z.strictObject({
  policy: z.unknown(),
  id: z.string().optional(),
  hosts: z.record(z.string(), z.string()).optional(),
  upstream: z.union([z.string(), z.object({ url: z.string() })]).optional(),
  nat64: z.array(z.string()).optional(),
  trust: z.union([certificates, z.array(certificates)]).optional(),
  clientCertificates: z.record(z.string(), z.unknown()).optional(),
  certificateNames: z.union([z.enum(['policy', 'any']), z.array(z.string())]).optional(),
  providers: z.record(providerName, provider).optional(),
  registries: z.partialRecord(z.enum(registryKinds), z.array(z.string())).optional(),
  onAsk: callable.optional(),
  hooks: z.strictObject(knownHooks).optional(),
  limits: limits.optional(),
  audit: z.object({}).optional(),
  telemetry: z.boolean().optional(),
  isolate: z.enum(['none', 'process']).optional(),
  locate: callable.optional(),
  onDecision: callable.optional(),
  onAlarm: callable.optional(),
  onLog: callable.optional(),
} satisfies Record<keyof EgressProxyOptions, z.ZodType>)

/** What the sandbox itself says is no option of its gateway. */
const gatewaySchema = schema.omit({
  policy: true,
  id: true,
  locate: true,
  onDecision: true,
  onAlarm: true,
  onLog: true,
})

/**
 * Refuses options that are none, and values that cannot be meant: nothing that was asked for is ignored.
 *
 * @throws TypeError that names the option
 */
export function checkOptions(options: EgressProxyOptions): void {
  refuse(schema.safeParse(options).error)
  const { policy, providers } = options
  // What else may be wrong with a policy is told by whoever parses it.
  if (policy?.credentials === undefined) return
  checkProviders(parsePolicy(policy), providers)
}

/**
 * Refuses a policy whose credentials come from functions that there are not.
 *
 * @throws SandboxError `POLICY_INVALID`
 */
export function checkProviders(
  { credentials = {} }: Policy,
  providers: EgressOptions['providers'] = {},
): void {
  for (const [id, { source }] of Object.entries(credentials)) {
    for (const reference of referencesOf(source)) {
      if (!('provider' in reference) || Object.hasOwn(providers, reference.provider)) continue
      const known = Object.keys(providers)
      const name = JSON.stringify(reference.provider.slice(0, maxToldLetters))
      throw new SandboxError('POLICY_INVALID', `credentials.${id}.source: no provider ${name}`, {
        hint: `pass it in the option \`providers\`; known are ${known.length === 0 ? 'none' : known.join(', ')}`,
      })
    }
  }
}

/** The same for what a gateway takes: a sandbox says the rest. */
export function checkGatewayOptions(options: EgressOptions): void {
  refuse(gatewaySchema.safeParse(options).error)
}

function refuse(error: z.ZodError | undefined): void {
  const [issue] = error?.issues ?? []
  if (issue === undefined) return
  const where = issue.path.length === 0 ? 'options' : issue.path.join('.')
  throw new TypeError(`egress: ${where}: ${told(issue)}`)
}

/** Letters of an unknown name that an error repeats. */
const maxToldLetters = 64

/** An issue in words that help: for a name that is none, those there are. */
function told(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message
  const [stranger = ''] = issue.keys
  const place = String(issue.path.at(-1) ?? '')
  const known = Object.keys({ limits: defaultLimits, hooks: knownHooks }[place] ?? schema.shape)
  return `unknown name ${JSON.stringify(stranger.slice(0, maxToldLetters))}; known are ${known.join(', ')}`
}

/** The bounds that hold: those that were given, the default ones otherwise. */
export function fillLimits(given: Partial<ProxyLimits> = {}): ProxyLimits {
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaultLimits, ...Object.fromEntries(set) })
}
