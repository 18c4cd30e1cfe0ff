import { z } from 'zod'
import { SandboxError } from '../errors.ts'
import { parsePolicy } from './parse.ts'
import { deepFreeze, plainFault } from './plain-value.ts'
import { carryNetwork } from './srt-network.ts'
import { type NotCarriedOver, notes } from './srt-notes.ts'
import { carryPaths, type SrtPath } from './srt-paths.ts'
import type { Policy } from './types.ts'

/** What a settings file leaves to the machine that reads it. */
export interface SrtHost {
  /** What `~` stands for; absolute. */
  readonly home: string
  /** What relative paths are taken from; absolute. */
  readonly workingDirectory: string
}

/** A policy, and what could not be said in it. */
export interface FromSrtSettings {
  readonly policy: Policy
  readonly notCarriedOver: readonly NotCarriedOver[]
}

const strings = z.array(z.string().min(1)).default([])

/** The settings that have an equal here; all others are read only to be named. */
const schema = z.looseObject({
  network: z
    .looseObject({
      allowedDomains: strings,
      deniedDomains: strings,
      deniedDomainReasons: z.record(z.string(), z.string()).default({}),
      deniedResolvedAddresses: strings,
    })
    .prefault({}),
  filesystem: z
    .looseObject({
      denyRead: strings,
      allowRead: strings,
      allowWrite: strings,
      denyWrite: strings,
    })
    .prefault({}),
  credentials: z
    .looseObject({
      files: z.array(z.looseObject({ path: z.string().min(1) })).default([]),
    })
    .prefault({}),
})

type Settings = z.output<typeof schema>

/** Settings that are read by name. */
const carried: Readonly<Record<string, readonly string[]>> = {
  network: ['allowedDomains', 'deniedDomains', 'deniedDomainReasons', 'deniedResolvedAddresses'],
  filesystem: ['denyRead', 'allowRead', 'allowWrite', 'denyWrite'],
  credentials: ['files'],
}

/** Makes a path absolute, as text: `~`, `.` and `..` are taken out. */
function absolute(given: string, host: SrtHost): string {
  const isHome = given === '~' || given.startsWith('~/')
  const rest = isHome ? `${host.home}/${given.slice(1)}` : given
  const full = rest.startsWith('/') ? rest : `${host.workingDirectory}/${rest}`
  const kept: string[] = []
  for (const name of full.split('/')) {
    if (name === '..') kept.pop()
    else if (name !== '' && name !== '.') kept.push(name)
  }
  // A trailing `/**` means the folder and all below it, as a path alone does.
  while (kept.at(-1) === '**') kept.pop()
  return `/${kept.join('/')}`
}

function noteFor(path: string, value: unknown): NotCarriedOver {
  const known = notes[path]
  if (known !== undefined) return { path, value, ...known }
  return { path, value, why: 'it is not known here', instead: 'look for what it was meant to do' }
}

/** Every setting that is present and is not read. */
function strangers(settings: Settings): readonly NotCarriedOver[] {
  return Object.entries(settings).flatMap(([section, value]): readonly NotCarriedOver[] => {
    const read = carried[section]
    if (read === undefined) return [noteFor(section, value)]
    return Object.entries(value ?? {})
      .filter(([key]) => !read.includes(key))
      .map(([key, member]) => noteFor(`${section}.${key}`, member))
  })
}

/** Files whose secret was replaced inside; here they are hidden. */
function maskedFiles(settings: Settings): readonly NotCarriedOver[] {
  return settings.credentials.files.flatMap((file, index): readonly NotCarriedOver[] => {
    if (file['mode'] !== 'mask') return []
    return [
      { ...noteFor('credentials.files', file.path), path: `credentials.files[${index}].mode` },
    ]
  })
}

/** What differs although no setting says so. */
function differences(settings: Settings): readonly NotCarriedOver[] {
  return [
    {
      path: 'filesystem.denyRead',
      value: settings.filesystem.denyRead,
      why: 'it lists what cannot be read of a host that else can; here nothing of the host can be read but the system view and the mounts',
      instead: 'add a mount with `access: "read"` for each folder that commands need',
    },
    {
      path: 'environment',
      value: undefined,
      why: 'variables of the host are inherited there, and are not here',
      instead: 'name in `environment` each variable that commands need, and no secrets',
    },
  ]
}

/**
 * Turns settings of Anthropic's sandbox-runtime (`srt`, read at version 0.0.78) into a policy, and
 * lists what was left behind and what to do instead. Never wider than the settings were: what cannot
 * be said here is left out or narrowed. Pure; paths are compared as text, so links in them are not seen.
 *
 * @param settings - the parsed JSON of a settings file
 * @param host - what the file leaves to the machine: the home and the working directory
 * @throws SandboxError `POLICY_INVALID` when the settings are not of that shape
 */
export function fromSrtSettings(settings: unknown, host: SrtHost): FromSrtSettings {
  for (const [name, path] of Object.entries(host)) {
    if (!String(path).startsWith('/')) throw new TypeError(`${name} must be an absolute path`)
  }
  const fault = plainFault(settings)
  const parsed = schema.safeParse(settings)
  if (fault !== undefined || !parsed.success) {
    const first = parsed.error?.issues[0]
    const where = first === undefined ? '' : `${first.path.join('.')}: ${first.message}`
    throw new SandboxError('POLICY_INVALID', `not settings of srt: ${fault?.message ?? where}`)
  }
  const read = parsed.data
  const list = (name: 'denyRead' | 'allowRead' | 'allowWrite' | 'denyWrite'): readonly SrtPath[] =>
    read.filesystem[name].map((given, index) => ({
      setting: `filesystem.${name}[${index}]`,
      given,
      path: absolute(given, host),
    }))
  const secrets = read.credentials.files.map(({ path: given }, index) => ({
    setting: `credentials.files[${index}]`,
    given,
    path: absolute(given, host),
  }))
  const paths = carryPaths({
    denyRead: [...list('denyRead'), ...secrets],
    allowRead: list('allowRead'),
    allowWrite: list('allowWrite'),
    denyWrite: list('denyWrite'),
  })
  const network = carryNetwork(read.network)
  const notCarriedOver = [
    ...differences(read),
    ...paths.notCarriedOver,
    ...network.notCarriedOver,
    ...maskedFiles(read),
    ...strangers(read),
  ]
  const policy = parsePolicy({ filesystem: paths.filesystem, network: network.network })
  return { policy, notCarriedOver: deepFreeze(structuredClone(notCarriedOver)) }
}
