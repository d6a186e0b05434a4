package answer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"landfall.dev/landfall/internal/inventory"
)

// mask returns a text with what may be secret replaced, and says whether it
// was. The field is AWS's name for the text's place; a hint is the name of the
// variable, parameter or flag whose value it is.
func mask(text, field, hint string) (string, bool) {
	if hint != "" {
		if masked, names := inventory.MaskEnv(map[string]string{hint: text}); len(names) > 0 {
			return masked[hint], true
		}
	}
	switch {
	case slices.Contains(secretFields, field):
		return inventory.Masked, true
	case isJSON(text):
		return maskJSON(text)
	case slices.Contains(encodedFields, field):
		if masked, did, ok := maskEncoded(text); ok {
			return masked, did
		}
	}
	if hint == "" && isIdentifier(field) {
		masked, count := inventory.MaskIdentifier(text)
		return masked, count > 0
	}
	masked, count := inventory.MaskText(text)
	return masked, count > 0
}

// secretFields hold nothing but secrets.
var secretFields = []string{"ClientSecret", "SecretString", "Password", "AccessToken", "SecretAccessKey"}

// encodedFields hold a script in base64.
var encodedFields = []string{"Content", "StudioLifecycleConfigContent"}

// identifierEnds are the ends of field names that hold names, addresses and
// versions: what looks random there is part of a name.
var identifierEnds = []string{
	"Name", "Arn", "ARN", "Id", "ID", "Identifier", "Uri", "URI", "Url", "URL", "Path", "Role", "Image", "Version", "Type",
	"Mode", "Prefix", "Bucket", "Subnet", "Digest", "ETag", "Key", "Regex", "Schedule", "ScheduleExpression", "Domain",
	"Framework", "Device", "Region", "Value",
}

func isIdentifier(field string) bool {
	if isValueField(field) {
		return false
	}
	field = strings.TrimSuffix(field, "[]")
	singular := strings.TrimSuffix(field, "s")
	return slices.ContainsFunc(identifierEnds, func(end string) bool {
		return strings.HasSuffix(field, end) || strings.HasSuffix(singular, end)
	})
}

// maskEncoded masks inside a text in base64. It is not ok where the text is no
// such thing.
func maskEncoded(text string) (masked string, did, ok bool) {
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !utf8.Valid(plain) {
		return "", false, false
	}
	inside, count := inventory.MaskText(string(plain))
	if count == 0 {
		return text, false, true
	}
	return base64.StdEncoding.EncodeToString([]byte(inside)), true, true
}

func isJSON(text string) bool {
	return (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Valid([]byte(text))
}

// maskJSON masks inside a JSON document, such as the definition of a pipeline,
// and keeps the order of its fields. A document without secrets stays as it is,
// to the byte.
func maskJSON(text string) (string, bool) {
	m := &jsonMasker{}
	m.value([]byte(text), "", "")
	if !m.did {
		return text, false
	}
	return m.out.String(), true
}

type jsonMasker struct {
	out bytes.Buffer
	did bool
}

func (m *jsonMasker) value(raw json.RawMessage, field, hint string) {
	raw = bytes.TrimSpace(raw)
	switch raw[0] {
	case '{':
		m.object(raw, field)
		return
	case '[':
		m.list(raw, field)
		return
	case '"':
		var text string
		if json.Unmarshal(raw, &text) != nil {
			break
		}
		masked, did := mask(text, field, hint)
		if !did {
			break
		}
		m.did = true
		encoder := json.NewEncoder(&m.out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(masked); err == nil {
			m.out.Truncate(m.out.Len() - 1)
			return
		}
	}
	m.out.Write(raw)
}

// variableFields hold variables by their names.
var variableFields = []string{"Environment", "HyperParameters", "StaticHyperParameters", "Variables", "Env", "environment", "env", "hyperparameters"}

func (m *jsonMasker) object(raw json.RawMessage, field string) {
	entries := entriesOf(raw)
	name := ""
	for _, entry := range entries {
		if slices.Contains(pairNames, entry.key) && json.Unmarshal(entry.value, &name) == nil {
			break
		}
	}
	m.out.WriteByte('{')
	for i, entry := range entries {
		if i > 0 {
			m.out.WriteByte(',')
		}
		m.out.Write(entry.rawKey)
		m.out.WriteByte(':')
		hint := ""
		switch {
		case slices.Contains(variableFields, field):
			hint = entry.key
		case isValueField(entry.key):
			hint = name
		}
		m.value(entry.value, entry.key, hint)
	}
	m.out.WriteByte('}')
}

func (m *jsonMasker) list(raw json.RawMessage, field string) {
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		m.out.Write(raw)
		return
	}
	m.out.WriteByte('[')
	flag := ""
	for i, element := range elements {
		if i > 0 {
			m.out.WriteByte(',')
		}
		m.value(element, field, flag)
		argument := ""
		flag = ""
		if json.Unmarshal(element, &argument) == nil {
			flag = flagOf(argument)
		}
	}
	m.out.WriteByte(']')
}

// entry is a field of a JSON object.
type entry struct {
	key    string
	rawKey []byte
	value  json.RawMessage
}

// entriesOf reads the fields of an object in their order. The object is known
// to be JSON.
func entriesOf(raw json.RawMessage) []entry {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	var entries []entry
	for decoder.More() {
		token, err := decoder.Token()
		key, isText := token.(string)
		if err != nil || !isText {
			return entries
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return entries
		}
		rawKey, err := json.Marshal(key)
		if err != nil {
			return entries
		}
		entries = append(entries, entry{key: key, rawKey: rawKey, value: value})
	}
	return entries
}
