/// The shell text that keeps one server: starts it, and stops it when its owner ends in whatever way.
///
/// A keeper is a session of its own, so a Ctrl-C in the owner's terminal does not reach it. The owner holds a lock on the
/// file `owner`; the kernel gives that lock back even when the owner is killed by SIGKILL, and that wakes the keeper. The
/// server in turn gets its stop signal from the kernel (`--pdeathsig`) should the keeper be killed. So no order of
/// deaths leaves a server behind.
enum KeeperScript {
    /// The name of the script's file within the folder.
    static let fileName = "keeper.sh"

    /// Parameters: folder, name, stop signal, then the server's command.
    ///
    /// Descriptor 9 is the lock that says "this keeper lives"; nothing but the keeper may hold it.
    static let keeper = #"""
        folder=$1 name=$2 signal=$3
        shift 3
        server= stopping=
        trap 'stopping=1; test -z "$server" || kill -s "$signal" "$server" 2>/dev/null' TERM
        echo $$ >"$folder/$name.keeper"
        setsid flock -s -o "$folder/owner" sh -c '
            test ! -e "$1/keep" || exit 0
            while kill -s TERM "$2" 2>/dev/null; do sleep 0.1; done
        ' sh "$folder" $$ 9>&- &
        watcher=$!
        ulimit -n 16384 2>/dev/null || :
        setsid "$@" 9>&- &
        server=$!
        while test -z "$stopping" && kill -0 "$server" 2>/dev/null; do wait "$server"; done
        tries=0
        while kill -0 "$server" 2>/dev/null; do
            case $tries in
            500) kill -s KILL "$server" ;;
            *0) kill -s "$signal" "$server" 2>/dev/null ;;
            esac
            tries=$((tries + 1))
            sleep 0.02
        done
        kill -s KILL -- "-$server" 2>/dev/null
        kill -s KILL -- "-$watcher" 2>/dev/null
        flock -s -n -o "$folder/owner" true || exit 0
        rm -rf "$folder/$name" "$folder/$name".*
        for other in "$folder"/*.alive; do
            test ! -e "$other" || exit 0
        done
        rm -rf "$folder"
        """#

    /// Parameters as those of the keeper: takes the lock the keeper inherits, and leaves it running.
    static let launcher = #"""
        rm -f "$1/$2.keeper"
        exec 9>"$1/$2.alive"
        flock -n 9 || { echo "a keeper of $2 is there already"; exit 1; }
        setsid sh "$1/keeper.sh" "$@" </dev/null >>"$1/$2.log" 2>&1 &
        """#
}
