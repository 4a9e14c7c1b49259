# packages.sh: Debian packages that a list names and this machine lacks.

packages_missing() { # FILE…
    local name
    sort -u "$@" | while read -r name; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done
}

# packages_install FILE…: asks apt only if something is missing, and for new lists only if the ones at hand do not do.
packages_install() {
    local missing sudo=
    missing=$(packages_missing "$@" | tr '\n' ' ')
    if [ -z "$missing" ]; then
        note "all installed"
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        sudo=sudo
        command -v sudo >/dev/null || die "not root and no sudo here; install as root: apt-get install $missing"
    fi
    packages_no_cluster "$sudo" $missing
    packages_apt "$sudo" $missing || {
        $sudo apt-get update && packages_apt "$sudo" $missing
    } || die "apt-get could not install: $missing"
    packages_cluster_again "$sudo"
    note "installed $(echo $missing | wc -w)"
}

packages_apt() { # SUDO NAME…
    local sudo="$1"
    shift
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

# Debian's postgresql starts a cluster of its own on port 5432 when first installed: nobody asked for that one.
createcluster=/etc/postgresql-common/createcluster.d/ikewatch.conf
packages_no_cluster() { # SUDO NAME…
    case " $* " in *" postgresql "*) ;; *) return 0 ;; esac
    [ ! -e /etc/postgresql-common ] || return 0
    $1 mkdir -p "${createcluster%/*}"
    echo 'create_main_cluster = false' | $1 tee $createcluster >/dev/null
}
packages_cluster_again() { # SUDO
    [ ! -e $createcluster ] || $1 rm -f $createcluster
}
