import assert from 'node:assert/strict'
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Behaviour, ConformanceContext } from '../behaviour.ts'
import { printed, refused, rejectsWith, scene, shell, type Scene } from '../inside.ts'
import type { Sandbox } from '@caisson/core'

const area = 'overlay'
const requires = ['overlay'] as const

interface OverlayScene extends Scene {
  readonly sandbox: Sandbox
  readonly before: readonly string[]
}

/** A project mounted copy-on-write. */
async function overlaid(context: ConformanceContext): Promise<OverlayScene> {
  const place = await scene(context)
  await writeFile(join(place.project, 'doomed'), 'doomed\n')
  await mkdir(join(place.project, '.git/hooks'), { recursive: true })
  await writeFile(join(place.project, '.git/config'), '[core]\n')
  await writeFile(join(place.project, '.env'), place.secret)
  const before = await context.host.snapshot(place.project)
  const sandbox = await context.createSandbox({
    filesystem: { mounts: [{ source: place.project, access: 'overlay' }], deny: ['.env'] },
  })
  return { ...place, sandbox, before }
}

const editing = 'cd "$1" && echo changed > file && rm doomed && mkdir made && echo new > made/new'

const ordinary: readonly Behaviour[] = [
  {
    id: 'overlay.host-untouched',
    area,
    requires,
    title: 'lets everything be changed inside while the host sees nothing of it',
    async run(context) {
      const { project, sandbox, before } = await overlaid(context)
      printed(await shell(sandbox, editing, { args: [project] }))
      assert.equal(
        printed(
          await shell(sandbox, 'cd "$1"; cat file made/new; ls doomed 2>/dev/null; :', {
            args: [project],
          }),
        ),
        'changed\nnew',
      )
      assert.deepEqual(await context.host.snapshot(project), before)
      await sandbox.destroy()
      assert.deepEqual(await context.host.snapshot(project), before)
    },
  },
  {
    id: 'overlay.changes',
    area,
    requires,
    title: 'lists what was created, modified and deleted',
    async run(context) {
      const { project, sandbox } = await overlaid(context)
      assert.deepEqual(await sandbox.changes(), [])
      printed(await shell(sandbox, editing, { args: [project] }))
      const changes = (await sandbox.changes()).map(
        ({ path, type, kind }) => `${type} ${kind} ${path.replace(`${project}/`, '')}`,
      )
      assert.deepEqual(changes.sort(), [
        'created directory made',
        'created file made/new',
        'deleted file doomed',
        'modified file file',
      ])
    },
  },
  {
    id: 'overlay.commit',
    area,
    requires,
    title: 'carries every change to the host on commit, and has none left',
    async run(context) {
      const { project, sandbox } = await overlaid(context)
      printed(await shell(sandbox, editing, { args: [project] }))
      await sandbox.commit()
      assert.equal(await readFile(join(project, 'file'), 'utf8'), 'changed\n')
      assert.equal(await readFile(join(project, 'made/new'), 'utf8'), 'new\n')
      assert.deepEqual((await readdir(project)).sort(), ['.env', '.git', 'file', 'made', 'sub'])
      assert.deepEqual(await sandbox.changes(), [])
    },
  },
  {
    id: 'overlay.commit-filter',
    area,
    requires,
    title: 'commits only what the filter names',
    async run(context) {
      const { project, sandbox } = await overlaid(context)
      printed(await shell(sandbox, editing, { args: [project] }))
      await sandbox.commit((change) => change.path.endsWith('file'))
      assert.equal(await readFile(join(project, 'file'), 'utf8'), 'changed\n')
      assert.deepEqual((await readdir(project)).sort(), ['.env', '.git', 'doomed', 'file', 'sub'])
      const left = (await sandbox.changes()).map((change) => change.type)
      assert.deepEqual(left.sort(), ['created', 'created', 'deleted'])
    },
  },
  {
    id: 'overlay.commit-protected',
    area,
    requires,
    title: 'leaves out what is protected and what is denied when it commits',
    async run(context) {
      const { project, sandbox, secret } = await overlaid(context)
      const act =
        'cd "$1"; echo planted > .git/hooks/pre-commit; echo planted >> .git/config; echo planted > .env; echo new > new'
      await shell(sandbox, act, { args: [project] })
      await sandbox.commit()
      assert.equal(await readFile(join(project, 'new'), 'utf8'), 'new\n')
      assert.deepEqual(await readdir(join(project, '.git/hooks')), [])
      assert.equal(await readFile(join(project, '.git/config'), 'utf8'), '[core]\n')
      assert.equal(await readFile(join(project, '.env'), 'utf8'), secret)
    },
  },
  {
    id: 'overlay.discard',
    area,
    requires,
    title: 'shows the state of the host again after discard',
    async run(context) {
      const { project, sandbox, before } = await overlaid(context)
      printed(await shell(sandbox, editing, { args: [project] }))
      await sandbox.discard()
      assert.deepEqual(await sandbox.changes(), [])
      assert.equal(
        printed(await shell(sandbox, 'cd "$1"; cat file doomed; ls', { args: [project] })),
        'original\ndoomed\ndoomed\nfile\nsub',
      )
      assert.deepEqual(await context.host.snapshot(project), before)
    },
  },
  {
    id: 'overlay.deny',
    area,
    requires,
    title: 'hides what is denied in an overlay too',
    async run(context) {
      const { project, sandbox, secret } = await overlaid(context)
      printed(await shell(sandbox, 'cat "$1/file"', { args: [project] }))
      const seen = await shell(sandbox, 'grep -r "$2" "$1"', { args: [project, secret] })
      assert.ok(!seen.stdout.includes(secret))
      await shell(sandbox, 'cd "$1"; mv .env moved; cp .env copied; ln .env linked', {
        args: [project],
      })
      refused(
        await shell(sandbox, 'cat "$1/moved" "$1/copied" "$1/linked" | grep .', {
          args: [project],
        }),
        'moving it away',
      )
    },
  },
]

const hostile: readonly Behaviour[] = [
  {
    id: 'overlay.hostile-links',
    area,
    requires,
    title: 'follows no planted link when it commits',
    async run(context) {
      const { project, outside, secretPath, secret, sandbox, before } = await overlaid(context)
      const act =
        'cd "$1"; rm file; ln -s "$2/secret" file; rm -r sub; ln -s "$2" sub; ln -s "$2/made" dangling; echo x > fine'
      printed(await shell(sandbox, act, { args: [project, outside] }))
      assert.deepEqual(await context.host.snapshot(project), before)
      await sandbox.commit().catch(() => undefined)
      printed(
        await shell(sandbox, 'cd "$1"; rm sub; mkdir sub; echo stolen > sub/secret', {
          args: [project],
        }),
      )
      await sandbox.commit().catch(() => undefined)
      assert.equal(await readFile(join(project, 'fine'), 'utf8'), 'x\n')
      assert.equal(await readFile(secretPath, 'utf8'), secret)
      assert.deepEqual(await readdir(outside), ['secret'])
    },
  },
  {
    id: 'overlay.hostile-specials',
    area,
    requires,
    title: 'puts no FIFO, socket or set-id file on the host when it commits, and does not hang',
    async run(context) {
      const { project, sandbox } = await overlaid(context)
      const act =
        'cd "$1"; mkfifo pipe; cp /bin/true power; chmod 6755 power; echo plain > plain; rm file; mkfifo file; mkdir set; chmod 2777 set'
      await shell(sandbox, act, { args: [project] })
      await sandbox.commit().catch(() => undefined)
      for (const name of await readdir(project)) {
        const found = await lstat(join(project, name))
        assert.ok(found.isFile() || found.isDirectory(), `${name} is special`)
        assert.equal(found.mode & 0o6000, 0, `${name} carries a set-id bit`)
      }
      assert.equal(await readFile(join(project, 'plain'), 'utf8'), 'plain\n')
    },
  },
  {
    id: 'overlay.hostile-names',
    area,
    requires,
    tools: ['perl'],
    title: 'lists and commits long, deep and strange names',
    async run(context) {
      const { project, sandbox } = await overlaid(context)
      const act =
        'cd "$1" && : > "$(perl -e \'print "n" x 255\')" && mkdir -p "$(perl -e \'print "d/" x 60\')" && : > "line\nbreak" && : > "-rf" && : > " "'
      printed(await shell(sandbox, act, { args: [project] }))
      const names = (await sandbox.changes()).map(({ path }) => path)
      assert.ok(names.some((name) => name.endsWith('n'.repeat(255))))
      assert.ok(names.every((name) => !name.includes('/../') && !name.startsWith('../')))
      await sandbox.commit()
      const present = await readdir(project)
      assert.ok(['line\nbreak', '-rf', ' '].every((name) => present.includes(name)))
    },
  },
]

const refusing: Behaviour = {
  id: 'overlay.refused',
  area,
  lacks: requires,
  title: 'refuses an overlay mount before anything starts when it cannot do it',
  async run(context) {
    const { project } = await scene(context)
    const before = await context.host.descendants()
    const policy = { filesystem: { mounts: [{ source: project, access: 'overlay' as const }] } }
    await rejectsWith(context.createSandbox(policy), ['POLICY_UNSUPPORTED'])
    assert.deepEqual(await context.host.descendants(), before)
  },
}

/** Copy-on-write mounts. */
export const overlayBehaviours: readonly Behaviour[] = [...ordinary, ...hostile, refusing]
