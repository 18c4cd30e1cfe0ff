/**
 * What a package registry is, whatever its host is called: companies have mirrors, so that hosts come from the
 * configuration of the tools.
 *
 * | kind | is |
 * |---|---|
 * | `npm-registry` `pypi-index` `crates` `rubygems` `nuget` `maven` `conda` `pub` `hex` `cpan` `packagist` | where packages of that tool are read, and mostly published too |
 * | `pypi-upload` | where Python packages are published |
 * | `go-module-proxy` `go-sumdb` | the module mirror of Go, and its checksum database |
 * | `oci-registry` | images (OCI distribution specification) |
 * | `package-cdn` | a web mirror of packages and repositories, as pages load scripts from |
 * | `debian` `alpine` | archives of a distribution |
 */
export type RegistryKind =
  | 'npm-registry'
  | 'pypi-index'
  | 'pypi-upload'
  | 'crates'
  | 'rubygems'
  | 'nuget'
  | 'maven'
  | 'go-module-proxy'
  | 'go-sumdb'
  | 'oci-registry'
  | 'conda'
  | 'pub'
  | 'hex'
  | 'cpan'
  | 'packagist'
  | 'package-cdn'
  | 'debian'
  | 'alpine'

/** Every kind, in the order of their names' table. */
export const registryKinds: readonly RegistryKind[] = Object.freeze<RegistryKind[]>([
  'npm-registry',
  'pypi-index',
  'pypi-upload',
  'crates',
  'rubygems',
  'nuget',
  'maven',
  'go-module-proxy',
  'go-sumdb',
  'oci-registry',
  'conda',
  'pub',
  'hex',
  'cpan',
  'packagist',
  'package-cdn',
  'debian',
  'alpine',
])

/** Hosts by kind, each a name or a `*.` pattern in lower case. A kind that is missing has none. */
export type RegistryHosts = Readonly<Partial<Record<RegistryKind, readonly string[]>>>
