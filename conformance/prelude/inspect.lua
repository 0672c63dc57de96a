-- `seatrial check`: what can be seen of a scenario without running it: fields of calls, codes, options, formats,
-- matchers, globals. Not a parser: words, brackets and blocks are enough.
local host, P = ...

local keywords = P.set [[and break do else elseif end false for function goto if in local nil not or repeat return then
  true until while]]

local function long_string(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then return nil end
  local to = select(2, text:find("]" .. level .. "]", at, true))
  return to or #text
end

-- The words of a Lua text: { kind, text, line }, kind is "name", "string", "number" or the sign itself.
local function words_of(text)
  local words, at, line = {}, 1, 1
  local function add(kind, to, value)
    words[#words + 1] = { kind = kind, text = value or text:sub(at, to), line = line }
    line = line + select(2, text:sub(at, to):gsub("\n", ""))
    at = to + 1
  end
  while at <= #text do
    local c = text:sub(at, at)
    local space = select(2, text:find("^%s+", at))
    local to = text:match("^%-%-()", at)
    if space then
      line = line + select(2, text:sub(at, space):gsub("\n", ""))
      at = space + 1
    elseif to then
      local ends = long_string(text, to) or (text:find("\n", to, true) or #text + 1) - 1
      line = line + select(2, text:sub(at, ends):gsub("\n", ""))
      at = ends + 1
    elseif long_string(text, at) then
      add("string", long_string(text, at), "")
    elseif c == '"' or c == "'" then
      local ends = at + 1
      while ends <= #text and text:sub(ends, ends) ~= c do
        ends = ends + (text:sub(ends, ends) == "\\" and 2 or 1)
      end
      add("string", ends, text:sub(at + 1, ends - 1))
    elseif text:find("^[%a_]", at) then
      add("name", select(2, text:find("^[%w_]+", at)))
    elseif text:find("^%.?%d", at) then
      add("number", select(2, text:find("^[%w.]+", at)))
    else
      add("sign", at + #(text:match("^[=~<>]=", at) or text:match("^%.%.%.?", at) or text:match("^::", at) or c) - 1)
    end
  end
  for _, word in ipairs(words) do
    if word.kind == "sign" then word.kind = word.text end
  end
  return words
end

local opening, closing = P.set "( [ {", P.set ") ] }"

-- The number of the word that closes the bracket at i.
local function close_of(words, i)
  local depth = 0
  for k = i, #words do
    if opening[words[k].kind] == true then depth = depth + 1 end
    if closing[words[k].kind] == true then depth = depth - 1 end
    if depth == 0 then return k end
  end
  return #words
end

-- What stands directly in a bracket: for each item of it f(number of its first word).
local function each_item(words, i, f)
  local ends, k, begins = close_of(words, i), i + 1, true
  while k < ends do
    if begins then f(k) end
    begins = words[k].kind == "," or words[k].kind == ";"
    k = opening[words[k].kind] == true and close_of(words, k) + 1 or k + 1
  end
end

local function kind(words, i) return words[i] and words[i].kind end
local function text(words, i) return words[i] and words[i].text end

local function add_all(list)
  local all = { list = {} }
  for _, set in ipairs(list) do
    for _, name in ipairs(set.list) do
      all[name] = true
      all.list[#all.list + 1] = name
    end
  end
  return all
end

local function known_fields()
  local request, message = P.request_fields, P.message_fields
  local fields = { expect = add_all { message, P.session_fields }, receive = message, request = request,
                   start = request, device = P.device_fields, application = P.application_fields,
                   command = P.command_fields, handshake = P.handshake_fields, start_handshake = P.handshake_fields,
                   expect_ack = P.set "within optional", expect_silence = P.set "fence after",
                   expect_no_events = P.set "by", expect_no_more_events = P.set "by", await_event = P.event_fields,
                   fuzz = P.fuzz_fields }
  for _, method in ipairs { "post", "start_post", "get", "put", "delete_", "fetch", "patch", "ipatch" } do
    fields[method] = request
  end
  return fields
end

local function check_code(word, say)
  if word and (word.kind == "number" or (word.kind == "string" and not word.text:find("^[0-7]%.%d%d$"))) then
    say(word.line, 'code: %s is no code: write it as "2.04"', word.text)
  end
end

local value_checks = {
  code = function(words, i, say)
    check_code(words[i], say)
    if text(words, i) == "t" and text(words, i + 2) == "one_of" and kind(words, i + 3) == "{" then
      each_item(words, i + 3, function(k) check_code(words[k], say) end)
    end
  end,
  format = function(words, i, say)
    if kind(words, i) == "string" and not host.format_number(words[i].text) then
      say(words[i].line, 'format: "%s" has no Content-Format number', words[i].text)
    end
  end,
  options = function(words, i, say)
    if kind(words, i) ~= "{" then return end
    each_item(words, i, function(k)
      local key = kind(words, k) == "[" and words[k + 1] or kind(words, k + 1) == "=" and words[k]
      if key and key.kind ~= "number" and (key.kind == "string" or key == words[k]) and
         not host.option_number(key.text) then
        say(key.line, 'options: there is no option "%s"', key.text)
      end
    end)
  end,
}

local function check_fields(words, i, method, known, say)
  each_item(words, i, function(k)
    if kind(words, k) ~= "name" or kind(words, k + 1) ~= "=" then return end
    local name = words[k].text
    local is_extension = method == "await_event" and name:find("^[a-z0-9]+$") and
      not P.nearest(name, known.list, #name > 5 and 2 or 1)
    if known[name] ~= true and not is_extension then
      local nearest = P.nearest(name, known.list)
      say(words[k].line, "%s: unknown field %s%s", method, name,
          nearest and (", is `" .. nearest .. "` meant?") or ("; known: " .. table.concat(known.list, " ")))
    elseif value_checks[name] then
      value_checks[name](words, k + 2, say)
    end
  end)
end

-- Names that hold what `require` gave: their functions are called with a dot.
local function modules_of(words)
  local modules = {}
  for i, word in ipairs(words) do
    if word.text == "require" and kind(words, i - 1) == "=" then modules[text(words, i - 2)] = true end
  end
  return modules
end

local function check_calls(words, say)
  local fields, modules = known_fields(), modules_of(words)
  for i, word in ipairs(words) do
    local known = word.kind == ":" and fields[text(words, i + 1)]
    if known and kind(words, i + 2) == "{" then
      check_fields(words, i + 2, words[i + 1].text, known, say)
    elseif known and kind(words, i + 2) == "(" then
      each_item(words, i + 2, function(k)
        if kind(words, k) == "{" then check_fields(words, k, words[i + 1].text, known, say) end
      end)
    end
    local before = kind(words, i - 1)
    local called = kind(words, i + 1) == "." and opening[kind(words, i + 3) or ""] == true
    if word.text == "c" and before ~= "." and called then
      say(word.line, "c.%s: write a colon, c:%s", text(words, i + 2), text(words, i + 2))
    end
    local method = word.kind == "." and fields[text(words, i + 1) or ""] and text(words, i + 1)
    if method and (opening[kind(words, i + 2) or ""] == true or kind(words, i + 2) == "string") and
       not modules[text(words, i - 1) or ""] and text(words, i - 1) ~= "c" then
      say(word.line, ".%s: write a colon, :%s", method, method)
    end
    local name = word.text == "t" and before ~= "." and before ~= ":" and kind(words, i + 1) == "." and
      text(words, i + 2)
    if name and rawget(P.t, name) == nil then
      local nearest = P.nearest(name, P.sorted_keys(P.t))
      say(word.line, "there is no t.%s%s", name, nearest and (", is `t." .. nearest .. "` meant?") or "")
    end
  end
end

-- All names that the file declares anywhere: locals, parameters, loop variables.
local function declared_in(words)
  local declared = {}
  local function names_from(i)
    while kind(words, i) == "name" and keywords[words[i].text] ~= true do
      declared[words[i].text] = true
      i = i + 1
      if kind(words, i) == "<" then i = i + 3 end
      if kind(words, i) ~= "," then return end
      i = i + 1
    end
  end
  for i, word in ipairs(words) do
    if word.text == "local" then names_from(text(words, i + 1) == "function" and i + 2 or i + 1) end
    if word.text == "for" then names_from(i + 1) end
    if word.text == "function" then
      local k = i + 1
      while kind(words, k) and kind(words, k) ~= "(" do k = k + 1 end
      names_from(k + 1)
    end
  end
  return declared
end

local pushes, pops = P.set "function do then else repeat", P.set "end until elseif else"

local function check_globals(words, globals, say)
  local declared, stack, said = declared_in(words), {}, {}
  for i, word in ipairs(words) do
    local plain = word.kind == "name"
    if (plain and pops[word.text] == true) or closing[word.kind] == true then stack[#stack] = nil end
    local before, after = kind(words, i - 1), kind(words, i + 1)
    local is_key = stack[#stack] == "{" and after == "="
    if plain and keywords[word.text] ~= true and before ~= "." and before ~= ":" and not is_key and
       not declared[word.text] and not said[word.text] and globals[word.text] == nil then
      said[word.text] = true
      local assigned = after == "=" or text(words, i - 1) == "function"
      local what = assigned and "assigns the global `%s`: write `local %s`" or "there is no `%s`"
      say(word.line, what, word.text, word.text)
    end
    if (plain and pushes[word.text] == true) or opening[word.kind] == true then stack[#stack + 1] = word.text end
  end
end

-- What is wrong in a scenario's text: a list of { line =, text = }. globals: what scripts have.
function P.inspect(source, globals)
  local found = {}
  local function say(line, format, ...)
    found[#found + 1] = { line = line, text = format:format(...) }
  end
  local words = words_of(source)
  check_calls(words, say)
  check_globals(words, globals, say)
  table.sort(found, function(a, b) return a.line < b.line end)
  return found
end
