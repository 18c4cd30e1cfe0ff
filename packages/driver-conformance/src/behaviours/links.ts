import assert from 'node:assert/strict'
import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Behaviour } from '../behaviour.ts'
import { printed, refused, scene, shell, text, type Scene } from '../inside.ts'
import type { Sandbox } from '@caisson/core'

const area = 'links'

/** Reads through the file API; a refusal is as good as an empty answer. */
async function readQuietly(sandbox: Sandbox, path: string): Promise<string> {
  return sandbox.fs.readFile(path).then(text, () => '')
}

async function assertOutsideUntouched({ outside, secretPath, secret }: Scene): Promise<void> {
  assert.deepEqual(await readdir(outside), ['secret'])
  assert.equal(await readFile(secretPath, 'utf8'), secret)
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let all = ''
  for await (const chunk of stream) all += Buffer.from(chunk).toString('latin1')
  return all
}

const symbolic: readonly Behaviour[] = [
  {
    id: 'links.read-through',
    area,
    title: 'reads through a planted symbolic link only what the inside can see',
    async run(context) {
      const place = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: place.project, access: 'write' }] },
      })
      const script = 'cd "$1" && ln -s "$2/secret" link && ln -s "$2" dir && ln -s file good'
      printed(await shell(sandbox, script, { args: [place.project, place.outside] }))
      assert.equal(
        await readFile(join(place.project, 'link'), 'utf8'),
        place.secret,
        'the host itself can follow it',
      )
      assert.equal(await readQuietly(sandbox, join(place.project, 'link')), '')
      assert.equal(await readQuietly(sandbox, join(place.project, 'dir/secret')), '')
      assert.equal(await readQuietly(sandbox, join(place.project, 'good')), 'original\n')
      assert.deepEqual(await sandbox.fs.readdir(join(place.project, 'dir')).catch(() => []), [])
      assert.equal(await sandbox.fs.exists(join(place.project, 'dir/secret')), false)
    },
  },
  {
    id: 'links.write-through',
    area,
    title: 'changes nothing outside when the host writes, appends or removes through planted links',
    async run(context) {
      const place = await scene(context)
      const { project, outside } = place
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const script =
        'cd "$1" && ln -s "$2/secret" link && ln -s "$2" dir && ln -s "$2/dangling" dangling'
      printed(await shell(sandbox, script, { args: [project, outside] }))
      await sandbox.fs.writeFile(join(project, 'link'), 'stolen').catch(() => undefined)
      await sandbox.fs.appendFile(join(project, 'link'), 'stolen').catch(() => undefined)
      await sandbox.fs.writeFile(join(project, 'dir/new'), 'stolen').catch(() => undefined)
      await sandbox.fs.writeFile(join(project, 'dangling'), 'stolen').catch(() => undefined)
      await sandbox.fs
        .mkdir(join(project, 'dir/folder'), { recursive: true })
        .catch(() => undefined)
      await sandbox.fs.rm(join(project, 'dir/secret')).catch(() => undefined)
      await sandbox.fs.rm(join(project, 'dir'), { recursive: true }).catch(() => undefined)
      await assertOutsideUntouched(place)
    },
  },
  {
    id: 'links.swapped',
    area,
    title: 'never reads outside while a folder and a link to the outside are swapped under it',
    async run(context) {
      const place = await scene(context)
      const { project, outside } = place
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const setup = 'cd "$1" && mkdir a && echo inside > a/secret && ln -s "$2" b'
      printed(await shell(sandbox, setup, { args: [project, outside] }))
      const stop = new AbortController()
      const swap =
        'cd "$1"; i=0; while [ $i -lt 400 ]; do mv -T a t; mv -T b a; mv -T t b; i=$((i+1)); done'
      const swaps = { on: true }
      const swapping = shell(sandbox, swap, {
        args: [project],
        options: { signal: stop.signal },
      })
        .catch(() => undefined)
        .finally(() => (swaps.on = false))
      const seen = new Set<string>()
      // For as long as it swaps: a reader that is fast would be done before the first swap.
      for (let round = 0; swaps.on && round < 20_000; round += 1)
        seen.add(await readQuietly(sandbox, join(project, 'a/secret')))
      stop.abort()
      await swapping
      assert.ok(!seen.has(place.secret), 'the secret of the host was read')
    },
  },
  {
    id: 'links.download',
    area,
    title: 'downloads a planted link as a link, without what it points at',
    async run(context) {
      const place = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: place.project, access: 'write' }] },
      })
      const script =
        'cd "$1" && ln -s "$2/secret" sub/link && ln -s "$2" sub/dir && echo plain > sub/plain'
      printed(await shell(sandbox, script, { args: [place.project, place.outside] }))
      const archive = await collect(sandbox.fs.download(join(place.project, 'sub')))
      assert.ok(archive.includes('plain'))
      assert.ok(!archive.includes(place.secret))
    },
  },
  {
    id: 'links.upload',
    area,
    title: 'uploads below the named folder only, not through a link that the sandbox planted there',
    async run(context) {
      const place = await scene(context)
      const { project, outside } = place
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      printed(
        await shell(sandbox, 'mkdir -p "$1/from/into" && echo x > "$1/from/into/planted"', {
          args: [project],
        }),
      )
      const archive: Uint8Array[] = []
      for await (const chunk of sandbox.fs.download(join(project, 'from'))) archive.push(chunk)
      printed(
        await shell(sandbox, 'mkdir "$1/to" && ln -s "$2" "$1/to/into"', {
          args: [project, outside],
        }),
      )
      async function* replay(): AsyncGenerator<Uint8Array> {
        yield* archive
      }
      await sandbox.fs.upload(join(project, 'to'), replay()).catch(() => undefined)
      await assertOutsideUntouched(place)
    },
  },
]

const hard: readonly Behaviour[] = [
  {
    id: 'links.hard-outside',
    area,
    title: 'refuses hard links to what lies outside or in a read mount',
    async run(context) {
      const { project, outside, secretPath, secret } = await scene(context)
      const shared = await context.folder('shared')
      const sandbox = await context.createSandbox({
        filesystem: {
          mounts: [
            { source: project, access: 'write' },
            { source: outside, target: '/readonly', access: 'read' },
            { source: shared, access: 'write' },
          ],
        },
      })
      printed(await shell(sandbox, 'ln "$1/file" "$1/hard"', { args: [project] }))
      refused(
        await shell(sandbox, 'ln "$1" "$2/stolen"', { args: [secretPath, project] }),
        'a link to the outside',
      )
      const linked = await shell(
        sandbox,
        'ln /readonly/secret "$1/stolen" && echo x > "$1/stolen"',
        { args: [project] },
      )
      refused(linked, 'a link to the read mount')
      assert.equal(await readFile(secretPath, 'utf8'), secret)
    },
  },
  {
    id: 'links.hard-protected',
    area,
    title: 'refuses to change a protected file by way of a hard link to it',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }], protect: ['file'] },
      })
      const act = 'ln "$1/file" "$1/other" && echo changed > "$1/other"'
      refused(await shell(sandbox, act, { args: [project] }), 'writing through a hard link')
      assert.equal(await readFile(join(project, 'file'), 'utf8'), 'original\n')
    },
  },
  {
    id: 'links.dangling-source',
    area,
    title: 'creates nothing on the host through a dangling link in a mount',
    async run(context) {
      const { project, outside } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const act = 'ln -s "$2/made" "$1/dangling" && echo stolen > "$1/dangling"'
      await shell(sandbox, act, { args: [project, outside] })
      const made = await access(join(outside, 'made')).then(
        () => true,
        () => false,
      )
      assert.equal(made, false)
    },
  },
]

/** Names that lead elsewhere. */
export const linkBehaviours: readonly Behaviour[] = [...symbolic, ...hard]
