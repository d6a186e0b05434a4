package inspect

import (
	"strings"
	"testing"
)

// TestHardcodedSecrets tells secrets from what only has the name of one.
func TestHardcodedSecrets(t *testing.T) {
	cases := map[string]struct {
		path, text string
		want       int
	}{
		"a name":                  {"code/a.py", "DB_PASSWORD = 'hunter2-and-more'\n", 1},
		"an attribute":            {"code/a.py", "class C:\n    def __init__(self):\n        self.api_key = 'a1b2c3d4e5f6'\n", 1},
		"a keyword":               {"code/a.py", "import redis\nr = redis.Redis(host='h', password='hunter2-and-more')\n", 1},
		"a key of a dict":         {"code/a.py", "c = {'host': 'https://db.acme.io', 'password': 'hunter2-and-more'}\n", 1},
		"a header":                {"code/a.py", "import requests\nrequests.get('u', headers={'Authorization': 'Bearer a1b2c3d4e5f6'})\n", 1},
		"an address":              {"code/a.py", "DSN = 'postgresql://svc:p4ssw0rd@db.acme.io:5432/features'\n", 1},
		"a key of AWS":            {"code/a.py", "x = 'AKIAIOSFODNN7EXAMPLE'\n", 1},
		"YAML":                    {"config.yaml", "db:\n  password: hunter2-and-more\n", 1},
		"JSON":                    {"config.json", "{\"api_key\": \"a1b2c3d4e5f6\"}\n", 1},
		"INI":                     {"app.ini", "[db]\npassword = hunter2-and-more\n", 1},
		"env":                     {".env", "HF_TOKEN=hf_abcdefghij1234567890\n", 1},
		"from the environment":    {"code/a.py", "import os\nDB_PASSWORD = os.environ['DB_PASSWORD']\n", 0},
		"put together":            {"code/a.py", "def f(user, password):\n    return f'postgresql://{user}:{password}@db/x'\n", 0},
		"a template":              {"config.yaml", "password: ${DB_PASSWORD_1}\nother_password: <fill in 1>\n", 0},
		"the name of a secret":    {"code/a.py", "SECRET_NAME = 'prod/churn/db-2'\nTOKEN_URL = 'https://auth.acme.io/v2'\n", 0},
		"a word of a tokenizer":   {"code/a.py", "eos_token = '<|endoftext|>'\nmask_token = '[MASK]'\nmax_tokens = '12345678'\npad_token='<pad>'\n", 0},
		"settings of a tokenizer": {"generation_config.json", "{\"bos_token_id\": 12345678, \"pad_token\": \"<extra_id_99>\"}\n", 0},
		"a name of a column":      {"code/a.py", "token_column = 'tokens_2024'\n", 0},
		"the name of a header":    {"code/a.py", "AUTH_HEADER = 'X-Api-Key-V2'\n", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			x := New(Limits{})
			if err := x.File(File{Path: tc.path, SizeBytes: int64(len(tc.text)), Content: strings.NewReader(tc.text)}); err != nil {
				t.Fatal(err)
			}
			lines := map[int]bool{}
			for _, found := range x.Findings() {
				if found.ID == "HardcodedSecret" {
					lines[found.Line] = true
				}
				for _, secret := range []string{"hunter2", "a1b2c3d4e5f6", "p4ssw0rd", "AKIAIOSFODNN7EXAMPLE", "hf_abcdefghij"} {
					if strings.Contains(found.Quote+found.Message, secret) {
						t.Errorf("a finding holds the secret: %+v", found)
					}
				}
			}
			if len(lines) != tc.want {
				t.Errorf("secrets are found on %d lines, want %d: %+v", len(lines), tc.want, x.Findings())
			}
		})
	}
}

// TestQuotesAreMaskedAroundSpaces: the line of another finding shows no secret.
func TestQuotesAreMaskedAroundSpaces(t *testing.T) {
	for text, want := range map[string]string{
		`PASSWORD = "letmein"`:                                  `PASSWORD = "***"`,
		`{"password": "letmein", "host": "https://db.acme.io"}`: `{"password": "***", "host": "https://db.acme.io"}`,
		`os.environ["DB_PASSWORD"] = 'letmein'`:                 `os.environ["DB_PASSWORD"] = '***'`,
		`  password: letmein`:                                   `  password: ***`,
		`tokens: 12`:                                            `tokens: 12`,
	} {
		if got := masked(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
