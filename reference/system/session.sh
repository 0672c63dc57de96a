# DTLS sessions that a script holds open: `openssl s_client` between two pipes. Sourced after rig.sh.
# shellcheck shell=bash

# session NAME [OPTION OF s_client...]: an `openssl s_client` in DTLS that takes messages from the pipe
# NAME.in and writes what it gets to NAME.out
session()
{
    local name=$1
    shift
    mkfifo "$name.in" "$name.out"
    openssl s_client -dtls1_2 -quiet -connect 127.0.0.1:5684 "$@" <"$name.in" >"$name.out" 2>"$name.err" &
    exec {SESSION_IN}>"$name.in" {SESSION_OUT}<"$name.out"
    ID=0
}

# say WHAT WANTED HEX: sends one message; the answer must be WANTED. Both are hexadecimal, with MMMM for the
# message ID.
say()
{
    ID=$((ID + 1))
    local id
    id=$(printf '%04x' $ID)
    xxd -r -p <<<"${3/MMMM/$id}" >&"$SESSION_IN"
    check "$1" "${2/MMMM/$id}" "$(timeout 10 dd bs=2048 count=1 status=none <&"$SESSION_OUT" | xxd -p -c 0)"
}

hang_up()
{
    exec {SESSION_IN}>&- {SESSION_OUT}<&-
}
