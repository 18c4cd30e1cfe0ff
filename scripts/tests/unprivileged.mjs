// How root runs tests as an ordinary user: other rules hold for user namespaces, mounts and cgroups,
// so a driver that works for one need not work for the other.
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const id = 1000
/** @type {[string, ...string[]]} */
const asUser = ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', '--']

/** @param {string[]} paths */
function canRead(paths) {
  const script = 'for path in "$@"; do test -r "$path" || exit 1; done'
  const [program, ...options] = asUser
  const args = [...options, 'sh', '-c', script, 'sh', ...paths]
  return spawnSync(program, args, { cwd: '/', stdio: 'ignore' }).status === 0
}

/**
 * A command prefix and an environment under which `node` and the checkout are readable for the user.
 * A checkout below a closed folder (such as /root) is shown at an open place, in a mount namespace of
 * the command's own, so that nothing on the machine changes.
 *
 * @param {string} root
 */
export function unprivileged(root) {
  const folder = mkdtempSync(join(tmpdir(), 'caisson-user-'))
  const own = join(folder, 'own')
  mkdirSync(join(own, 'home'), { recursive: true })
  chownSync(folder, id, id)
  chownSync(own, id, id)
  chownSync(join(own, 'home'), id, id)
  const isReadable = canRead([join(root, 'package.json'), process.execPath])
  const place = isReadable ? { root, node: process.execPath, prefix: [] } : shown(root, folder)
  return {
    root: place.root,
    command: [...place.prefix, ...asUser, place.node],
    environment: { TMPDIR: own, HOME: join(own, 'home'), USER: 'caisson', LOGNAME: 'caisson' },
    own,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/**
 * @param {string} root
 * @param {string} folder
 */
function shown(root, folder) {
  const shownRoot = join(folder, 'checkout')
  const shownNode = join(folder, 'node')
  mkdirSync(shownRoot)
  writeFileSync(shownNode, '')
  const script =
    'mount --rbind "$1" "$2" && mount --bind "$3" "$4" && cd "$2" && shift 4 && exec "$@"'
  const prefix = ['unshare', '--mount', 'sh', '-c', script, 'sh']
  return {
    root: shownRoot,
    node: shownNode,
    prefix: [...prefix, root, shownRoot, process.execPath, shownNode],
  }
}
