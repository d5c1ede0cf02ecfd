#!/usr/bin/env bash
# build.sh [FOLDER]: builds a real Kubernetes control plane and a real Argo CD
# from their Go modules, and unpacks redis from a Debian package. FOLDER is
# changebot/argocd in the user's cache by default, where package argocd looks.
#
# Each part is stamped with its recipe and skipped while the stamp holds: the
# first run takes 15 to 20 minutes, the next less than a second. Needs Go (at
# least the version of go.mod), apt-get and dpkg-deb; no root. JOBS (3) is how
# many compilers run at a time.
set -euo pipefail

bin=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/changebot/argocd}
mkdir -p "$bin/share/kwok" "$bin/share/argocd" "$bin/.work" "$bin/.log"
bin=$(cd "$bin" && pwd)
work=$bin/.work
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false -mod=mod" GOWORK=off

# Argo CD 2.14 is tested upstream with Kubernetes 1.28 to 1.31; 1.30.14 is the
# newest of which every staging module is published at one version.
readonly kubernetes=v1.30.14 staging=v0.30.14
readonly argocd=v2.14.21
readonly etcd=v3.5.35 kwok=v0.6.1
readonly kustomize=v5.4.3 helm=v3.16.3 # which Argo CD 2.14 ships

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }

# source_of MODULE VERSION: the folder with the module's source
source_of() { go mod download -json "$1@$2" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p'; }

# part NAME RECIPE FILE...: builds NAME with the function build_NAME, unless it
# was built to the same recipe and the files are there
part() {
  local name=$1 recipe=$2 stamp=$work/$1.stamp complete=1 failed=0 file started=$SECONDS
  shift 2
  for file; do [[ -e $bin/$file ]] || complete=; done
  if [[ $complete && -e $stamp && $(<"$stamp") == "$recipe" ]]; then return; fi
  say "$name: building"
  mkdir -p "$work/$name"
  set +e # a function called in a condition would go on after a failure
  (
    set -e
    "build_$name"
  ) >"$bin/.log/$name.log" 2>&1
  failed=$?
  set -e
  if ((failed)); then
    tail -n 30 "$bin/.log/$name.log" >&2
    say "$name: not built, see $bin/.log/$name.log" >&2
    exit 1
  fi
  printf '%s' "$recipe" >"$stamp"
  say "$name: built in $((SECONDS - started)) s"
}

# compile NAME LDFLAGS PACKAGE...: into the folder; one package gets the file NAME
compile() {
  local name=$1 ldflags=$2 out=$bin/$1
  shift 2
  if (($# > 1)); then out=$bin/; fi
  (cd "$work/$name" && go build -p "${JOBS:-3}" -trimpath -tags "${tags:-}" -ldflags "-s -w $ldflags" -o "$out" "$@")
}

# require NAME MODULE VERSION: a go.mod for NAME that wants just that module
require() {
  local go_line
  go_line=$(grep '^go ' "$(source_of "$2" "$3")/go.mod")
  rm -f "$work/$1/go.sum"
  printf 'module build/%s\n\n%s\n\nrequire %s %s\n' "$1" "$go_line" "$2" "$3" >"$work/$1/go.mod"
}

build_etcd() {
  require etcd go.etcd.io/etcd/server/v3 $etcd
  compile etcd "" go.etcd.io/etcd/server/v3
}

# k8s.io/kubernetes takes its staging modules from its own tree; here they come
# at their published versions. The stubs are modules that cannot be had and of
# which no package is linked.
build_k8s() {
  local from dir=$work/k8s module name
  from=$(source_of k8s.io/kubernetes $kubernetes)
  rm -f "$dir/go.sum"
  {
    printf 'module build/k8s\n\n%s\n\nrequire k8s.io/kubernetes %s\n\nreplace (\n' "$(grep '^go ' "$from/go.mod")" $kubernetes
    sed -n 's,^[[:space:]]*\(k8s.io/[a-z-]*\) => ./staging/.*,\1,p' "$from/go.mod" | while read -r module; do
      name=${module#k8s.io/}
      case $name in
        code-generator | kube-proxy | legacy-cloud-providers | sample-*)
          mkdir -p "$dir/stub/$name"
          printf 'module %s\n\ngo 1.22\n' "$module" >"$dir/stub/$name/go.mod"
          printf '\t%s => ./stub/%s\n' "$module" "$name"
          ;;
        *) printf '\t%s => %s %s\n' "$module" "$module" $staging ;;
      esac
    done
    printf ')\n'
  } >"$dir/go.mod"
  local version=k8s.io/component-base/version minor=${kubernetes#v1.}
  local tags=providerless # upstream's tag that leaves the clouds out
  compile k8s "-X $version.gitVersion=$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*} -X $version.gitTreeState=clean" \
    k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubectl}
}

build_kwok() {
  require kwok sigs.k8s.io/kwok $kwok
  compile kwok "" sigs.k8s.io/kwok/cmd/kwok
  install -m 644 "$(source_of sigs.k8s.io/kwok $kwok)"/kustomize/stage/pod/fast/pod-{ready,complete,delete}.yaml "$bin/share/kwok/"
}

# One program that plays all parts of Argo CD, told apart by an environment
# variable. Its replacements of modules count only in the main module: copied.
build_argocd() {
  local from dir=$work/argocd
  from=$(source_of github.com/argoproj/argo-cd/v2 $argocd)
  {
    printf 'module build/argocd\n\n%s\n\nrequire github.com/argoproj/argo-cd/v2 %s\n\n' "$(grep '^go ' "$from/go.mod")" $argocd
    sed -n '/^replace (/,/^)/p' "$from/go.mod"
  } >"$dir/go.mod"
  install -m 644 "$from/go.sum" "$dir/go.sum"
  compile argocd "-X github.com/argoproj/argo-cd/v2/common.version=${argocd#v}" github.com/argoproj/argo-cd/v2/cmd
  install -m 644 "$from"/manifests/crds/{application,appproject,applicationset}-crd.yaml "$from"/manifests/base/config/argocd-*.yaml "$bin/share/argocd/"
}

build_kustomize() {
  require kustomize sigs.k8s.io/kustomize/kustomize/v5 $kustomize
  compile kustomize "-X sigs.k8s.io/kustomize/api/provenance.version=$kustomize" sigs.k8s.io/kustomize/kustomize/v5
}

build_helm() {
  require helm helm.sh/helm/v3 $helm
  compile helm "-X helm.sh/helm/v3/internal/version.version=$helm" helm.sh/helm/v3/cmd/helm
}

# Debian's redis-tools holds the server under another name. Unpacked only: no
# root, no service.
build_redis() {
  local package
  rm -rf "$work/deb" "$bin/redis"
  mkdir -p "$work/deb" "$bin/redis"
  (cd "$work/deb" && apt-get download redis-tools libatomic1 libjemalloc2 liblzf1 liblua5.1-0 lua-bitop lua-cjson) || {
    echo "redis could not be downloaded; does apt-get update help?"
    return 1
  }
  for package in "$work"/deb/*.deb; do dpkg-deb -x "$package" "$bin/redis"; done
  rm -rf "$work/deb" "$bin/redis/usr/share"
}

part etcd "etcd $etcd" etcd
part k8s "k8s $kubernetes $staging providerless" kube-apiserver kube-controller-manager kube-scheduler kubectl
part kwok "kwok $kwok" kwok share/kwok/pod-ready.yaml
part argocd "argocd $argocd redis=debian" argocd share/argocd/application-crd.yaml
part kustomize "kustomize $kustomize" kustomize
part helm "helm $helm" helm
part redis "redis debian 1" redis/usr/bin/redis-check-rdb
say "Argo CD $argocd and Kubernetes $kubernetes are in $bin"
