/** A path that stays read-only in writable mounts unless the policy says `protectDefaults: false`. */
export interface ProtectedPath {
  /** A glob that matches at any depth of a mount. */
  readonly glob: string
  readonly only?: 'file' | 'directory'
  /** Why code that writes it runs outside the sandbox, or steers something that does. */
  readonly reason: string
}

function list(reason: string, globs: readonly string[]): readonly ProtectedPath[] {
  return globs.map((glob) => ({ glob: `**/${glob}`, reason }))
}

/**
 * Git's own files through which a repository runs programs or points elsewhere (gitrepository-layout(5),
 * githooks(5), git-config(1), git-worktree(1)). What ordinary work writes stays writable: `HEAD`, `index`,
 * `objects`, `refs`, `logs`, `packed-refs`, `info`, `worktrees/<name>/{HEAD,index,…}`. The price: commands
 * that write the configuration (`git remote add`, `git branch -u`, `git config`, `git push -u`) fail inside, and so
 * does `git worktree remove` of a worktree that was there before.
 */
const git: readonly ProtectedPath[] = [
  ...list('git runs its hooks on the host', [
    '.git/hooks',
    '.git/modules/**/hooks',
    // A bare repository.
    '?*.git/hooks',
  ]),
  ...list('names programs that git runs (pagers, filters, fsmonitor) and where hooks lie', [
    '.git/config',
    '?*.git/config',
    '.git/config.worktree',
    '.git/modules/**/config',
    '.git/modules/**/config.worktree',
    '.git/worktrees/*/config.worktree',
    '.gitconfig',
    '.config/git',
  ]),
  ...list('redirects git to another folder, with another configuration', [
    '.git/commondir',
    '.git/worktrees/*/commondir',
    '.git/worktrees/*/gitdir',
    '.git/modules/**/commondir',
  ]),
  { glob: '**/.git', only: 'file', reason: 'redirects git to another folder, with other hooks' },
  ...list('names the filters and merge drivers that git runs', [
    '.git/info/attributes',
    '.git/modules/**/info/attributes',
  ]),
]

const shells = list('a shell runs it when it starts', [
  '.bashrc',
  '.bash_profile',
  '.bash_login',
  '.bash_logout',
  '.bash_aliases',
  '.profile',
  '.zshrc',
  '.zshenv',
  '.zprofile',
  '.zlogin',
  '.zlogout',
  '.kshrc',
  '.cshrc',
  '.tcshrc',
  '.login',
  '.inputrc',
  '.xprofile',
  '.xinitrc',
  '.config/fish',
  '.config/nushell',
  '.config/powershell',
])

const logins = list('holds keys, names hosts, or starts programs at log-in', [
  '.ssh',
  '.gnupg',
  '.netrc',
  '.pgpass',
  '.pypirc',
  '.docker/config.json',
  '.kube/config',
  '.aws',
  '.config/gcloud',
  '.config/gh',
  '.config/autostart',
  '.config/systemd',
  '.local/share/applications',
  '.local/bin',
  'Library/LaunchAgents',
])

const editors = list('an editor runs the tasks and settings of the folder that it opens', [
  '.vscode',
  '.idea',
  '.zed',
  '.fleet',
  '.devcontainer',
  '.devcontainer.json',
  '*.code-workspace',
  '.vimrc',
  '.nvimrc',
  '.nvim.lua',
  '.exrc',
  '.config/nvim',
  '.vim',
  '.emacs.d',
  '.dir-locals.el',
  '.sublime-project',
])

/** Instructions in prose (`AGENTS.md`, `CLAUDE.md`) are not here: agents write them in ordinary work. */
const agents = list('an agent on the host takes its permissions, hooks or servers from it', [
  '.claude/settings*.json',
  '.claude/hooks',
  '.claude/commands',
  '.claude/agents',
  '.claude/skills',
  '.claude/plugins',
  '.claude.json',
  '.mcp.json',
  '.cursor/rules',
  '.cursor/commands',
  '.cursor/hooks',
  '.cursor/*.json',
  '.cursorrules',
  '.cursorignore',
  '.gemini',
  '.codex/config.toml',
  '.codex/*.json',
  '.codex/hooks',
  '.codex/prompts',
  '.codex/rules',
  '.codex/skills',
  '.codex/agents',
  '.continue',
  '.windsurf',
  '.windsurfrules',
  '.aider.conf.yml',
  '.opencode',
  'opencode.json',
  '.roo',
  '.clinerules',
  '.goose',
  '.amazonq',
  '.kiro',
  '.github/copilot-instructions.md',
  '.github/hooks',
])

const pipelines = list('a build service runs it with its own secrets', [
  '.github/workflows',
  '.github/actions',
  '.gitlab-ci.yml',
  '.gitlab/ci',
  '.circleci',
  '.travis.yml',
  '.buildkite',
  '.drone.yml',
  '.woodpecker',
  '.woodpecker.yml',
  '.woodpecker.yaml',
  '.forgejo/workflows',
  '.gitea/workflows',
  '.appveyor.yml',
  'appveyor.yml',
  'azure-pipelines*.yml',
  'bitbucket-pipelines.yml',
  'cloudbuild.yaml',
  'Jenkinsfile',
  '.semaphore',
])

const tools = list(
  'a tool runs it, or takes registries and loaders from it, when used in the folder',
  [
    '.envrc',
    '.direnv',
    '.mise.toml',
    'mise.toml',
    '.mise',
    '.config/mise',
    '.npmrc',
    '.yarnrc',
    '.yarnrc.yml',
    '.yarn/releases',
    '.yarn/plugins',
    '.pnpmfile.cjs',
    '.pnpmfile.mjs',
    'bunfig.toml',
    '.husky',
    '.lefthook.yml',
    'lefthook.yml',
    '.lefthook',
    '.pre-commit-config.yaml',
    '.pre-commit-hooks.yaml',
    '.cargo/config',
    '.cargo/config.toml',
    '.config/pip',
    '.pip',
    '.gdbinit',
    '.lldbinit',
    '.tmux.conf',
    '.wgetrc',
    '.curlrc',
    '.bazelrc',
    '.mvn',
  ],
)

/**
 * The built-in list of protected paths. They match at any depth below a writable mount, and also when
 * the mount itself lies inside such a path. What a build of the project runs anyway (`Makefile`,
 * `package.json`, `.tool-versions`) is not here: who runs a build of what a sandbox wrote runs what it
 * wrote. Names are compared with their case: on a file system that ignores case, `.GIT/hooks` is the
 * same folder to the host, but its real name is what the sandbox finds and what is bound.
 */
export const protectedPaths: readonly ProtectedPath[] = [
  ...git,
  ...shells,
  ...logins,
  ...editors,
  ...agents,
  ...pipelines,
  ...tools,
]
