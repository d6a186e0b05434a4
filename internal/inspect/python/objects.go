package python

import "strings"

// made is what a name or attribute was bound to: a call, such as
// boto3.client("s3"), by the name that is called and its first argument.
type made struct {
	name  string
	first Value
}

// collectObjects learns which names stand for what a call returned, or for
// another name. A name with several different origins stands for none.
func (x *extractor) collectObjects(n *node) {
	switch n.kind {
	case "assignment":
		x.object(n.child("left"), n.child("right"))
	case "as_pattern":
		// `with boto3.client("s3") as s3`
		if target := n.child("alias"); target != nil && len(n.children) > 0 {
			x.object(target, n.children[0])
		}
	case "named_expression":
		x.object(n.child("name"), n.child("value"))
	}
	for _, c := range n.children {
		x.collectObjects(c)
	}
}

// object notes one binding.
func (x *extractor) object(left, right *node) {
	if left == nil || right == nil {
		return
	}
	key := left.text
	if left.kind == "as_pattern_target" && len(left.children) == 1 {
		key = left.children[0].text
	}
	if strings.ContainsAny(key, "([ \n") || len(key) > maxObjectName {
		return
	}
	origin := made{}
	switch right.kind {
	case "call":
		// One name may be made of another: what grows is no client.
		if name := x.name(right, 0); len(name) <= maxObjectName {
			origin = made{name: name, first: x.firstArgument(right)}
		}
	case "identifier", "attribute":
		// `env = os.environ`; what is not a name of a module may be anything.
		if name := x.name(right, 0); len(name) <= maxObjectName && x.imported[first(name)] {
			origin = made{name: name}
		}
	}
	if before, is := x.objects[key]; is && (before.name != origin.name || before.first.Text != origin.first.Text) {
		origin = made{}
	}
	x.objects[key] = origin
}

// origin is what a name or attribute stands for.
func (x *extractor) origin(n *node) made {
	if n.kind != "identifier" && n.kind != "attribute" || len(n.text) > maxObjectName {
		return made{}
	}
	return x.objects[n.text]
}

// maxObjectName bounds the names of objects that are remembered.
const maxObjectName = 200

func first(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

func (x *extractor) firstArgument(call *node) Value {
	arguments := call.child("arguments")
	if arguments == nil {
		return Value{}
	}
	keyword := Value{}
	for _, c := range arguments.children {
		switch c.kind {
		case "(", ")", ",", "comment":
		case "keyword_argument":
			if key := c.child("name"); key != nil && key.text == "service_name" {
				keyword = x.fold(c.child("value"), 0)
			}
		default:
			return x.fold(c, 0)
		}
	}
	return keyword
}

// service is the first argument of the call that made what an expression is
// reached through: "s3" for boto3.client("s3").get_object, however it is bound.
func (x *extractor) service(n *node, depth int) string {
	if n == nil || depth > maxNameParts {
		return ""
	}
	if origin := x.origin(n); makesClient(origin.name) && origin.first.Known {
		return origin.first.Text
	}
	switch n.kind {
	case "attribute":
		return x.service(n.child("object"), depth+1)
	case "subscript":
		return x.service(n.child("value"), depth+1)
	case "call":
		if name := x.name(n.child("function"), 0); makesClient(name) {
			if first := x.firstArgument(n); first.Known {
				return first.Text
			}
		}
		return x.service(n.child("function"), depth+1)
	}
	return ""
}

// makesClient says that a call of that name returns a client of AWS.
func makesClient(name string) bool {
	name = strings.TrimSuffix(name, "()")
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == "client" || last == "resource" || last == "create_client"
}
