import type { Behaviour } from '@caisson/driver-conformance'
import type { SandboxDriver } from '@caisson/core'
import { region } from './markdown.ts'

/** What an area of the conformance suite is about, for readers of the README. */
const areas: Readonly<Record<Behaviour['area'], string>> = {
  files: 'only what is mounted exists; access as the policy says',
  links: 'no link leads out',
  'special-files': 'devices, sockets and set-user-id files give nothing',
  deny: 'denied paths stay hidden',
  protect: 'protected paths stay as they are',
  git: 'hooks and configuration of repositories cannot be changed',
  overlay: 'changes are kept apart, told, committed and discarded',
  processes: 'commands, signals, background processes',
  'processes-exit': 'every way to end is told truly',
  ipc: 'no process or memory of the host can be reached',
  namespaces: 'no more rights can be gained',
  network: 'nothing can be reached; ports inside can be forwarded',
  egress: 'only what the policy allows is reached, by one way out',
  limits: 'memory, processes, time, output and disk are bounded',
  streams: 'output keeps its order, and a slow reader holds back nobody else',
  terminal: 'a terminal on request',
  environment: 'nothing of the host’s environment is inherited',
  credentials: 'secrets stay outside and are added there; nobody else’s get through',
  lifecycle: 'whatever ends, nothing is left behind',
  denials: 'refusals are told as data',
}

function claims(driver: SandboxDriver, behaviour: Behaviour): boolean {
  return (behaviour.requires ?? []).every((capability) => driver.capabilities[capability])
}

function cell(driver: SandboxDriver, behaviours: readonly Behaviour[]): string {
  const wanted = behaviours.filter((behaviour) => behaviour.lacks === undefined)
  const claimed = wanted.filter((behaviour) => claims(driver, behaviour)).length
  return claimed === wanted.length ? `all ${claimed}` : `${claimed} of ${wanted.length}`
}

/** How many promises of each area a driver claims and is tested on. */
export function supportTable(
  behaviours: readonly Behaviour[],
  drivers: readonly SandboxDriver[],
): string {
  const names = Object.keys(areas) as Behaviour['area'][]
  const rows = names.map((area) => {
    const own = behaviours.filter((behaviour) => behaviour.area === area)
    return [area, areas[area], ...drivers.map((driver) => cell(driver, own))]
  })
  const head = ['area', 'promise', ...drivers.map((driver) => driver.name)]
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

/** Puts a table between its markers, and the regions of programs into the fences that name them. */
export function regenerated(
  page: string,
  conformance: string,
  read: (path: string) => string,
): string {
  const markers = /(<!-- conformance:begin -->\n)[\s\S]*?(<!-- conformance:end -->)/
  const fence = /^```ts (\S+)#(\S+)\n[\s\S]*?^```$/gm
  return page
    .replace(markers, (_all, begin: string, end: string) => `${begin}\n${conformance}\n${end}`)
    .replace(fence, (_all, path: string, name: string) => {
      const text = region(read(path), name)
      if (text === null) throw new Error(`${path} has no region ${name}`)
      return `\`\`\`ts ${path}#${name}\n${text}\`\`\``
    })
}
