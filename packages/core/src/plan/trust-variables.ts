/** A variable by which a toolchain is told whom to trust. */
export interface TrustVariable {
  readonly name: string
  /**
   * `bundle` replaces what the program trusts, so it gets all authorities; `authority` adds to it, so it gets
   * the one of the way out alone.
   */
  readonly file: 'bundle' | 'authority'
  /** Programs that would not look at the system's bundle by themselves, or not everywhere. */
  readonly readBy: string
  /** Where that is written down. */
  readonly source: string
}

/** Every variable that is set; a policy's own value wins. */
export const trustVariables: readonly TrustVariable[] = [
  {
    name: 'NODE_EXTRA_CA_CERTS',
    file: 'authority',
    readBy: 'Node.js, Bun, and what is built on them; they carry roots of their own',
    source: 'https://nodejs.org/api/cli.html#node_extra_ca_certsfile',
  },
  {
    name: 'SSL_CERT_FILE',
    file: 'bundle',
    readBy: 'OpenSSL wherever it was built to look, Go, Ruby, .NET, rustls-native-certs, uv, httpx',
    source: 'https://docs.openssl.org/3.0/man7/openssl-env/',
  },
  {
    name: 'REQUESTS_CA_BUNDLE',
    file: 'bundle',
    readBy: 'requests for Python, which carries certifi; Azure CLI, conda, Poetry',
    source: 'https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification',
  },
  {
    name: 'CURL_CA_BUNDLE',
    file: 'bundle',
    readBy: 'curl, where it was built with roots of its own',
    source: 'https://curl.se/docs/sslcerts.html',
  },
  {
    name: 'GIT_SSL_CAINFO',
    file: 'bundle',
    readBy: 'git, where its libcurl was built with roots of its own',
    source: 'https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslCAInfo',
  },
  {
    name: 'PIP_CERT',
    file: 'bundle',
    readBy: 'pip, which carries certifi',
    source: 'https://pip.pypa.io/en/stable/cli/pip/#cmdoption-cert',
  },
  {
    name: 'CARGO_HTTP_CAINFO',
    file: 'bundle',
    readBy: 'Cargo',
    source: 'https://doc.rust-lang.org/cargo/reference/config.html#httpcainfo',
  },
  {
    name: 'AWS_CA_BUNDLE',
    file: 'bundle',
    readBy: 'AWS CLI and SDKs, which carry roots of their own',
    source: 'https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html',
  },
  {
    name: 'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE',
    file: 'bundle',
    readBy: 'gcloud, which carries roots of its own',
    source: 'https://cloud.google.com/sdk/docs/properties',
  },
  {
    name: 'DENO_CERT',
    file: 'authority',
    readBy: 'Deno, beside its own roots',
    source: 'https://docs.deno.com/runtime/reference/env_variables/',
  },
  {
    name: 'NIX_SSL_CERT_FILE',
    file: 'bundle',
    readBy: 'Nix, and the OpenSSL of nixpkgs',
    source: 'https://nix.dev/manual/nix/latest/installation/env-variables',
  },
  {
    name: 'npm_config_cafile',
    file: 'bundle',
    readBy: 'npm and Yarn 1, where a cafile is configured elsewhere',
    source: 'https://docs.npmjs.com/cli/using-npm/config#cafile',
  },
  {
    name: 'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
    file: 'bundle',
    readBy:
      'gRPC core (C++, Python, Ruby, PHP) and gRPC for Node.js, which carry roots of their own',
    source: 'https://github.com/grpc/grpc/blob/master/doc/environment_variables.md',
  },
  {
    name: 'BUNDLE_SSL_CA_CERT',
    file: 'bundle',
    readBy: 'Bundler for Ruby',
    source: 'https://bundler.io/man/bundle-config.1.html',
  },
  {
    name: 'HEX_CACERTS_PATH',
    file: 'bundle',
    readBy: 'Hex for Elixir and Erlang, which carries roots of its own',
    source: 'https://hexdocs.pm/hex/Mix.Tasks.Hex.Config.html',
  },
  {
    name: 'JULIA_SSL_CA_ROOTS_PATH',
    file: 'bundle',
    readBy: 'Julia, which carries roots of its own',
    source: 'https://docs.julialang.org/en/v1/stdlib/NetworkOptions/',
  },
  {
    name: 'PERL_LWP_SSL_CA_FILE',
    file: 'bundle',
    readBy: 'LWP for Perl, where Mozilla::CA is installed',
    source: 'https://metacpan.org/pod/LWP::UserAgent#ENVIRONMENT',
  },
]
