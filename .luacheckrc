-- Scenarios and the conformance runner's own Lua.
std = "lua54"
max_line_length = 120
files["scenarios"] = { read_globals = { "case", "t" } }
files["scenarios/targets"] = { read_globals = { "env" } }
files["tools/wireshark"] = {
  read_globals = { "Proto", "ProtoField", "ProtoExpert", "Field", "base", "frametype", "expert", "register_postdissector" },
}
