import { protectedPaths, resolveAccess } from '@caisson/core'
import { expect } from 'chai'
import { globFault } from '../../dist/plan/glob.js'
import { plan } from './facts.ts'

const mounted = plan({ filesystem: { mounts: [{ source: '/r', access: 'write' }] } })

describe('protectedPaths', () => {
  it('holds valid globs at any depth, each once and with a reason', () => {
    const globs = protectedPaths.map((one) => one.glob)
    expect(new Set(globs).size).to.equal(globs.length)
    for (const { glob, reason } of protectedPaths) {
      expect(globFault(glob), glob).to.equal(undefined)
      expect(glob).to.match(/^\*\*\//)
      expect(reason).to.match(/^[a-z].{10,}/)
    }
  })

  const kept = [
    '.git/hooks/pre-commit',
    '.git/config',
    '.git/config.worktree',
    '.git/modules/a/config',
    '.git/modules/a/modules/b/hooks/post-checkout',
    '.git/worktrees/w/commondir',
    '.git/worktrees/w/config.worktree',
    '.git/info/attributes',
    'mirror.git/hooks/update',
    'deep/down/.git/hooks/pre-push',
    '.bashrc',
    '.config/fish/config.fish',
    '.ssh/authorized_keys',
    '.vscode/tasks.json',
    '.claude/settings.local.json',
    '.claude/hooks/x.sh',
    '.mcp.json',
    '.cursor/rules/x.mdc',
    '.github/workflows/ci.yml',
    '.gitlab-ci.yml',
    'Jenkinsfile',
    '.envrc',
    '.npmrc',
    '.husky/pre-commit',
    '.pre-commit-config.yaml',
  ]
  for (const path of kept) {
    it(`keeps ${path}, at the root and deeper`, () => {
      expect(resolveAccess(mounted, `/r/${path}`).access).to.equal('protected')
      expect(resolveAccess(mounted, `/r/packages/a/${path}`).access).to.equal('protected')
    })
  }

  const writable = [
    '.git/HEAD',
    '.git/index',
    '.git/index.lock',
    '.git/objects/ab/cdef',
    '.git/refs/heads/main',
    '.git/logs/HEAD',
    '.git/packed-refs',
    '.git/ORIG_HEAD',
    '.git/MERGE_HEAD',
    '.git/COMMIT_EDITMSG',
    '.git/FETCH_HEAD',
    '.git/rebase-merge/done',
    '.git/worktrees/w/HEAD',
    '.git/worktrees/w/index',
    '.git/modules/a/HEAD',
    '.git/modules/a/objects/ab/c',
    '.gitignore',
    '.gitattributes',
    'package.json',
    'Makefile',
    'AGENTS.md',
    'CLAUDE.md',
    '.claude/worktrees/x/src/a.ts',
    '.github/ISSUE_TEMPLATE.md',
    'src/hooks/use-state.ts',
    'config',
    '.config/app.json',
  ]
  for (const path of writable) {
    it(`lets ordinary work write ${path}`, () => {
      expect(resolveAccess(mounted, `/r/${path}`, 'file').access).to.equal('write')
    })
  }

  it('keeps a .git file and not a .git folder', () => {
    expect(resolveAccess(mounted, '/r/sub/.git', 'file').access).to.equal('protected')
    expect(resolveAccess(mounted, '/r/sub/.git', 'directory').access).to.equal('write')
  })
})
