import assert from 'node:assert/strict'
import { access, lstat, readdir, readFile, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Behaviour } from '../behaviour.ts'
import { printed, refused, rejectsWith, scene, shell } from '../inside.ts'

const area = 'files'

/** Acts on the folder `$1` that change it; each is tried alone. */
const changingActs: Readonly<Record<string, string>> = {
  create: ': > "$1/new"',
  append: 'echo more >> "$1/file"',
  truncate: ': > "$1/file"',
  unlink: 'rm -f "$1/file" && [ ! -e "$1/file" ]',
  rename: 'mv "$1/file" "$1/moved"',
  'make a folder': 'mkdir "$1/newdir"',
  'remove a folder': 'rmdir "$1/sub"',
  link: 'ln "$1/file" "$1/hard"',
  'make a symbolic link': 'ln -s file "$1/soft"',
  'change a mode': 'chmod 600 "$1/file"',
  'change times': 'touch -d 2001-01-01 "$1/file"',
}

const systemFolders = ['/usr', '/bin', '/etc', '/lib']

/** Folders of a host that hold what is private to it. */
const privateFolders = ['/root', '/home', '/run', '/srv', '/var/lib', '/var/log', '/boot', '/mnt']

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

const writing: readonly Behaviour[] = [
  {
    id: 'files.write-mount-create',
    area,
    title: 'lets a write mount be written: created, appended and truncated files are on the host',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      printed(
        await shell(
          sandbox,
          'cd "$1" && mkdir -p a/b && echo one > a/b/made && echo two >> a/b/made && : > file',
          {
            args: [project],
          },
        ),
      )
      assert.equal(await readFile(join(project, 'a/b/made'), 'utf8'), 'one\ntwo\n')
      assert.equal((await stat(join(project, 'file'))).size, 0)
    },
  },
  {
    id: 'files.write-mount-rename',
    area,
    title: 'renames, links and unlinks in a write mount as the host then sees it',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const script =
        'cd "$1" && cp file gone && rm gone && mv file moved && ln moved hard && ln -s moved soft && mv sub dir'
      printed(await shell(sandbox, script, { args: [project] }))
      assert.deepEqual((await readdir(project)).sort(), ['dir', 'hard', 'moved', 'soft'])
      assert.equal((await stat(join(project, 'hard'))).nlink, 2)
      assert.ok((await lstat(join(project, 'soft'))).isSymbolicLink())
    },
  },
  {
    id: 'files.write-mount-owner',
    area,
    title:
      'changes modes in a write mount, and what it makes belongs to the user who runs the host',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      printed(
        await shell(sandbox, 'cd "$1" && echo hi > made && chmod 750 made && chmod 640 file', {
          args: [project],
        }),
      )
      const made = await stat(join(project, 'made'))
      assert.equal(made.mode & 0o777, 0o750)
      assert.equal((await stat(join(project, 'file'))).mode & 0o777, 0o640)
      assert.equal(made.uid, process.getuid?.() ?? made.uid)
    },
  },
  {
    id: 'files.read-mount-refuses',
    area,
    title: 'refuses every change in a read mount that a write mount allows',
    async run(context) {
      const { project, outside } = await scene(context)
      const before = await context.host.snapshot(project)
      for (const [act, script] of Object.entries(changingActs)) {
        const sandbox = await context.createSandbox({
          filesystem: {
            mounts: [
              { source: project, access: 'read' },
              { source: outside, access: 'write' },
            ],
          },
        })
        const prepare = 'mkdir -p "$2/c/sub" && echo original > "$2/c/file"'
        printed(await shell(sandbox, prepare, { args: [project, outside] }))
        printed(await shell(sandbox, script, { args: [join(outside, 'c')] }))
        refused(await shell(sandbox, script, { args: [project] }), act)
        printed(await shell(sandbox, 'rm -rf "$1/c"', { args: [outside] }))
        await sandbox.destroy()
      }
      assert.deepEqual(await context.host.snapshot(project), before)
    },
  },
  {
    id: 'files.read-mount-fs-api',
    area,
    title: 'refuses the file API in a read mount just as it refuses commands',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'read' }] },
      })
      const path = join(project, 'file')
      await rejectsWith(sandbox.fs.writeFile(path, 'changed'), ['FILE'])
      await rejectsWith(sandbox.fs.writeFile(join(project, 'new'), 'changed'), ['FILE'])
      await rejectsWith(sandbox.fs.rm(path), ['FILE'])
      await rejectsWith(sandbox.fs.mkdir(join(project, 'newdir')), ['FILE'])
      assert.equal(await readFile(path, 'utf8'), 'original\n')
    },
  },
]

const seeing: readonly Behaviour[] = [
  {
    id: 'files.outside-unseen',
    area,
    title: 'shows nothing of the host beside the mounts, to commands and to the file API',
    async run(context) {
      const { project, outside, secretPath, secret } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      assert.equal(printed(await shell(sandbox, 'cat "$1/file"', { args: [project] })), 'original')
      for (const path of [
        secretPath,
        join(project, '..', 'outside', 'secret'),
        `/proc/self/root${secretPath}`,
        `/proc/1/root${secretPath}`,
        `/proc/self/cwd/../outside/secret`,
      ]) {
        const seen = await shell(sandbox, 'cat "$1"', { args: [path], options: { cwd: project } })
        refused(seen, `reading ${path}`)
        assert.ok(!seen.output.includes(secret))
      }
      await rejectsWith(sandbox.fs.readFile(secretPath), ['FILE'])
      await rejectsWith(sandbox.fs.readFile(`${project}/../outside/secret`), ['FILE'])
      await rejectsWith(sandbox.fs.readdir(outside), ['FILE'])
    },
  },
  {
    id: 'files.outside-unwritable',
    area,
    title: 'keeps what is written beside the mounts off the host',
    async run(context) {
      const { project, outside, secretPath, secret } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      await shell(sandbox, 'mkdir -p "$1"; echo stolen > "$1/secret"; echo new > "$1/new"', {
        args: [outside],
      })
      await sandbox.fs.writeFile(secretPath, 'stolen').catch(() => undefined)
      assert.equal(await readFile(secretPath, 'utf8'), secret)
      assert.deepEqual(await readdir(outside), ['secret'])
    },
  },
  {
    id: 'files.private-tmp',
    area,
    title:
      'gives a private temporary folder and a private home that start empty and stay off the host',
    async run(context) {
      const name = context.host.marker()
      context.defer(() => rm(`/tmp/${name}`, { force: true }))
      const sandbox = await context.createSandbox({})
      assert.equal(printed(await shell(sandbox, 'ls -A /tmp; ls -A "$HOME"')), '')
      printed(await shell(sandbox, 'echo hi > "/tmp/$1" && echo hi > "$HOME/$1"', { args: [name] }))
      assert.equal(await exists(`/tmp/${name}`), false)
      assert.equal(await exists(join(homedir(), name)), false)
      assert.equal(printed(await shell(sandbox, 'cat "/tmp/$1"', { args: [name] })), 'hi')
    },
  },
  {
    id: 'files.host-folders-unseen',
    area,
    title: 'shows none of what the host keeps in its homes, its state and its run-time folders',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const home = printed(await shell(sandbox, 'echo "$HOME"'))
      for (const folder of [...privateFolders, homedir()]) {
        const entries = (await readdir(folder).catch(() => [])).filter(
          (name) => join(folder, name) !== home,
        )
        const inside = printed(
          await shell(sandbox, 'ls -A "$1" 2>/dev/null; :', { args: [folder] }),
        ).split('\n')
        const shared = entries.filter((name) => inside.includes(name))
        assert.deepEqual(shared, [], `${folder} of the host is visible`)
      }
    },
  },
  {
    id: 'files.system-read-only',
    area,
    title: 'refuses to change the system folders',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const name = `.${context.host.marker()}`
      const script = ': > "$1" && rm -f "$1"'
      printed(await shell(sandbox, script, { args: [`/tmp/${name}`] }))
      for (const folder of systemFolders) {
        refused(
          await shell(sandbox, script, { args: [join(folder, name)] }),
          `creating a file in ${folder}`,
        )
      }
      refused(await shell(sandbox, ': >> /etc/passwd'), 'opening /etc/passwd for writing')
    },
  },
]

/** What mounts allow, and what is not mounted. */
export const fileBehaviours: readonly Behaviour[] = [...writing, ...seeing]
