/**
 * What the system view shows of the host, where it exists: programs, libraries, and the files of
 * `/etc` without which dynamic linking, TLS, time and fonts fail. Never a file that may hold a secret
 * or an address (`/etc/passwd`, `/etc/hosts`, `/etc/npmrc`, `/etc/pip.conf`, `/etc/gitconfig`,
 * `/etc/ssl/private`): those are left out, or made anew. What is installed outside these places, for
 * instance Node in `/opt` or below a home, is not shown; add a mount with `access: 'read'` for it.
 */
export const systemPaths: readonly string[] = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  // The dynamic linkers of glibc and musl.
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/ld-musl-x86_64.path',
  '/etc/ld-musl-aarch64.path',
  '/etc/ld-musl-x86_64.d',
  // Programs of /usr/bin are links through here on Debian.
  '/etc/alternatives',
  // Certificate authorities, in the places of Debian, Fedora, SUSE and Alpine; no private keys.
  '/etc/ssl/certs',
  '/etc/ssl/cert.pem',
  '/etc/ssl/openssl.cnf',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ca-certificates',
  '/etc/ca-certificates.conf',
  '/etc/pki/ca-trust/extracted',
  '/etc/pki/tls/certs',
  '/etc/pki/tls/cert.pem',
  '/etc/pki/tls/openssl.cnf',
  '/etc/crypto-policies/back-ends',
  // Names of things, the same on every machine.
  '/etc/localtime',
  '/etc/timezone',
  '/etc/os-release',
  '/etc/debian_version',
  '/etc/alpine-release',
  '/etc/mime.types',
  '/etc/protocols',
  '/etc/services',
  '/etc/terminfo',
  '/etc/fonts',
  '/etc/magic',
  '/etc/python3',
  '/etc/perl',
]

/** Folders of `/etc` that a Java below `/usr/lib/jvm` links to. */
export const javaFolder: RegExp = /^java-[0-9.]+-openjdk$/
