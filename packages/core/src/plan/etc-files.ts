import type { SystemEntry } from './types.ts'

/** Who the processes are, by name. */
export interface InsideUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

function passwd(user: InsideUser): string {
  const shell = '/bin/sh'
  const lines = [`${user.name}:x:${user.uid}:${user.gid}:sandbox:${user.home}:${shell}`]
  if (user.uid !== 0) lines.push('root:x:0:0:root:/:/usr/sbin/nologin')
  // Files of anybody else show as this user: no other id is mapped (user_namespaces(7)).
  if (user.uid !== 65_534) lines.push('nobody:x:65534:65534:nobody:/:/usr/sbin/nologin')
  return `${lines.join('\n')}\n`
}

function group(user: InsideUser): string {
  const lines = [`${user.name}:x:${user.gid}:`]
  if (user.gid !== 0) lines.push('root:x:0:')
  if (user.gid !== 65_534) lines.push('nogroup:x:65534:')
  return `${lines.join('\n')}\n`
}

const nameSwitch = [
  ...['passwd', 'group', 'shadow', 'networks', 'protocols', 'services', 'rpc', 'ethers'].map(
    (name) => `${name}: files`,
  ),
  'hosts: files dns',
  '',
].join('\n')

/**
 * Where nothing listens, a question fails at once instead of timing out. A resolver that is there answers
 * at once too, except when a decision has to be waited for: five seconds are what glibc itself would wait.
 */
function resolver(hasResolver: boolean): string {
  return `nameserver 127.0.0.1\noptions timeout:${hasResolver ? 5 : 1} attempts:1\n`
}

/** For whom files of `/etc` are made. */
export interface EtcFilesOf {
  readonly user: InsideUser
  readonly hostname: string
  /** Whether something inside answers questions for names. */
  readonly hasResolver: boolean
}

/**
 * The files of `/etc` that are made for the sandbox, because those of the host tell its users, names
 * and addresses.
 */
export function etcFiles(of: EtcFilesOf): readonly SystemEntry[] {
  const { user, hostname } = of
  const names = hostname === 'localhost' ? 'localhost' : `localhost ${hostname}`
  const contents: Readonly<Record<string, string>> = {
    '/etc/group': group(user),
    '/etc/hostname': `${hostname}\n`,
    '/etc/hosts': `127.0.0.1 ${names}\n::1 ${names}\n`,
    '/etc/nsswitch.conf': nameSwitch,
    '/etc/passwd': passwd(user),
    '/etc/resolv.conf': resolver(of.hasResolver),
  }
  return Object.entries(contents).map(([path, content]) => ({ kind: 'file', path, content }))
}
