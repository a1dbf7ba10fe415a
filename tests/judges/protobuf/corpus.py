"""Hand-written files: each holds what the generator does not think of. protoc accepts every one of them but those in REFUSED."""

EVERYTHING_2 = """
    package a.b; import "google/protobuf/descriptor.proto"; import "confluent/meta.proto";
    option java_package = "x\\ty\\"\\303\\274"; option optimize_for = CODE_SIZE; option (o) = {n: "q" 'r', deep <d: [1, 0x10, -3]>, [a.b.M.ex]: 7};
    option (confluent.file_meta).doc = "d"; option (confluent.file_meta).tags = "t"; option (dbl) = 1e-7;
    extend google.protobuf.FileOptions { optional M o = 50000; optional double dbl = 50001; }
    enum E { option allow_alias = true; reserved -5 to -1, 9, 100 to max; reserved "OLD"; A = 0; B = 1 [deprecated = true]; C = 0x1; }
    message M { message Deep { repeated int32 d = 1; } optional string n = 1 [default = "a\\"b\\\\\\n\\001\\303\\251", json_name = "NAME"];
      optional Deep deep = 2; map<string, Deep> m = 3; oneof c { int32 x = 8; group Pick = 9 { optional int32 z = 1; } float y = 7; }
      repeated group Rows = 10 { optional bytes cell = 1 [default = "\\377\\000'"]; } optional float inf = 11 [default = -inf];
      optional double d = 12 [default = 1e300]; optional float f = 13 [default = 0.1]; optional E e = 14 [default = C];
      optional double nan = 15 [default = nan]; optional int64 i = 16 [default = -9223372036854775808]; optional bool t = 17 [default = true];
      extensions 100 to 199, 500; extensions 1000 to max; extend M { optional int32 ex = 101; repeated group More = 102 {} }
      reserved 20, 30 to 40; reserved "foo", "bar"; enum Inner { Z = 0; } option deprecated = true; repeated int32 p = 18 [packed = true]; }
    service S { rpc Get(M) returns (stream .a.b.M); rpc Put(stream M) returns (M) { option deprecated = true; } }"""

EVERYTHING_3 = """syntax = "proto3"; import public "google/protobuf/timestamp.proto"; import "google/type/money.proto";
    message A { optional int32 a = 1; google.protobuf.Timestamp t = 2; map<int64, google.type.Money> m = 3; repeated A kids = 4 [json_name = "k"];
      oneof o { string s = 5; A n = 6; } optional string z = 7; reserved 8; enum Q { Z = 0; N = -1; } Q q = 9; }"""

# Options of every kind on every element, with the value spelled in every way the text format has.
OPTIONS = r"""
    syntax = "proto2"; package opt;
    import "google/protobuf/descriptor.proto"; import "google/protobuf/any.proto"; import "google/protobuf/wrappers.proto";
    enum Color { RED = 0; GREEN = -1; }
    message Bag {
      optional int32 i32 = 1; optional int64 i64 = 2; optional uint32 u32 = 3; optional uint64 u64 = 4; optional sint32 s32 = 5; optional sint64 s64 = 6;
      optional fixed32 f32 = 7; optional fixed64 f64 = 8; optional sfixed32 sf32 = 9; optional sfixed64 sf64 = 10; optional float fl = 11; optional double db = 12;
      optional bool b = 13; optional string s = 14; optional bytes by = 15; optional Color c = 16; optional Bag bag = 17; repeated int32 ri = 18;
      repeated Bag rb = 19; map<string, Bag> mb = 20; map<int32, string> ms = 21; optional group Grp = 22 { optional int32 x = 1; } optional google.protobuf.Any any = 23;
      repeated string rs = 24; repeated Color rc = 25; extensions 100 to 200; }
    message Ext { extend Bag { optional Bag inner = 100; repeated string many = 101; } }
    extend Bag { optional int32 plain = 102; }
    extend google.protobuf.FileOptions { optional Bag file = 50000; repeated Bag files = 50001; optional float ff = 50002; optional bool on = 50003; }
    extend google.protobuf.MessageOptions { optional Bag msg = 50000; repeated int32 nums = 50001; optional Color col = 50002; }
    extend google.protobuf.FieldOptions { optional Bag fld = 50000; optional string str = 50001; repeated string strs = 50002; optional bytes raw = 50003; }
    extend google.protobuf.OneofOptions { optional Bag one = 50000; } extend google.protobuf.EnumOptions { optional Bag enm = 50000; }
    extend google.protobuf.EnumValueOptions { optional Bag val = 50000; optional int64 big = 50001; } extend google.protobuf.ServiceOptions { optional Bag svc = 50000; }
    extend google.protobuf.MethodOptions { optional Bag mth = 50000; } extend google.protobuf.ExtensionRangeOptions { optional Bag rng = 50000; }
    option (file) = { i32: -2147483648 i64: -0x8000000000000000, u32: 4294967295; u64: 0xFFFFFFFFFFFFFFFF s32: -017 f32: 1 fl: 1.5e10 db: .5 b: t s: "a" 'b' "\x41\101\u00e9\U0001F600\a\b\f\n\r\t\v\?\'\"\\"
      by: "\000\377\xff" c: GREEN bag { bag: < i32: 1 > } ri: [] ri: 1 ri: [2, 3] rb { i32: 1 } rb: [{ i32: 2 }, < i32: 3 >] mb { key: "k" value { i32: 4 } } mb: [{ key: "" }] ms { key: -1 value: "v" }
      Grp { x: 1 } [opt.Ext.inner] { [opt.plain]: 3 } [opt.Ext.many]: ["x", 'y'] any { [type.googleapis.com/google.protobuf.Int32Value] { value: 7 } } rc: [RED, GREEN, -1]
      rs: "" };
    option (files) = { fl: inf }; option (files) = { fl: -inf db: nan }; option (files) = { db: -.25e-3, b: False }; option (files) = {};
    option (.opt.ff) = -1; option (opt.on) = false; option java_multiple_files = true; option go_package = "x;y";
    message M { option (msg).i32 = 5; option (msg).bag.s = "deep"; option (msg).(opt.Ext.inner).(opt.plain) = 9; option (nums) = 1; option (nums) = -2; option (opt.col) = GREEN; option no_standard_descriptor_accessor = true;
      optional int32 a = 1 [(fld) = { s: "1" }, (str) = "\"", deprecated = false, (raw) = "\xfe", jstype = JS_NORMAL, retention = RETENTION_SOURCE, targets = TARGET_TYPE_FIELD, targets = TARGET_TYPE_FILE];
      optional string b = 2 [(strs) = "a", (strs) = "b", ctype = CORD, debug_redact = true, (fld).bag.bag.i32 = 3];
      oneof o { option (one) = { i32: 1 }; int32 c = 3 [(str) = "in oneof"]; } extensions 10 to 20, 30 [(rng) = { i32: 1 }]; extensions 40; extensions 50 to 60; }
    enum E { option (enm) = { c: RED }; option allow_alias = true; X = 0 [(val) = { s: "x" }, (big) = -9223372036854775808]; Y = 0 [deprecated = true]; }
    service S { option (svc) = { i32: 1 }; option deprecated = true; rpc R(M) returns (M) { option (mth) = { s: "m" }; option idempotency_level = NO_SIDE_EFFECTS; } rpc Q(M) returns (M) {} rpc P(stream M) returns (stream M) { ; option deprecated = true; }; }
"""

KEYWORDS = """
    syntax = "proto3"; package message.enum.syntax;
    message message { string syntax = 1; string import = 2; string weak = 3; string public = 4; string package = 5; string option = 6; string message = 7; int32 enum = 8; bool service = 9;
      bytes extend = 10; double extensions = 11; string reserved = 12; float to = 13; int32 max = 14; repeated string repeated = 15; optional string optional = 16; int32 oneof = 17; map<string, string> map = 18;
      int32 rpc = 19; int32 returns = 20; int32 stream = 21; int32 group = 22; int32 inf = 23; int32 nan = 24; int32 true = 25; int32 false = 26; int32 string = 27; int32 int32 = 28; int32 required = 29; int32 default = 30; int32 json_name = 31; }
    enum enum { option_ = 0; inf = 2; max = 3; true = 4; }
    message to { message max {} max max_ = 1; .message.enum.syntax.to.max a = 2; to.max b = 3; }
    service rpc { rpc rpc(message) returns (stream to); rpc streams(stream to.max) returns (to); rpc returns(.message.enum.syntax.message) returns (stream .message.enum.syntax.stream); } message stream {}
"""

NUMBERS = """
    package n; message N {
      optional int32 a = 0x1 [default = 0x7fffffff]; optional int32 b = 010 [default = -0x80000000]; optional uint64 c = 3 [default = 0xFFFFFFFFFFFFFFFF]; optional int64 d = 4 [default = 01777];
      optional float e = 5 [default = 1e-45]; optional float f = 6 [default = 3.4028235e38]; optional float g = 11 [default = 1]; optional double h = 12 [default = .5]; optional double i = 13 [default = 1.];
      optional double j = 14 [default = 1e9]; optional double k = 15 [default = 123456789012345678901234567890]; optional double l = 16 [default = -0.0]; optional float m = 17 [default = -nan];
      optional double o = 18 [default = 4.9e-324]; optional double p = 19 [default = 1.7976931348623157e308]; optional double q = 20 [default = inf]; optional float r = 21 [default = 16777217]; optional double s = 22 [default = 0];
      optional bool t = 536870911 [default = false]; optional bytes u = 24 [default = "\\0\\1\\01\\x1\\X0a\\n'\\"\\377"]; optional string v = 25 [default = 'it''s' "\\u00e9" '\\U0001f600']; optional sint64 w = 26 [default = - 5]; optional float x = 27 [default = 1e400]; }
"""

COMMENTS = """// leading
    /* block */ syntax /* a */ = /* b */ "proto3" // c
    ; ;; package /* d */ x . y /* e */ . z; ; import /* f */ "google/protobuf/empty.proto";
    message /* g */ A { ; // h
      /* i */ int32 /* j */ a /* k */ = /* l */ 1 /* m */ [ /* n */ deprecated /* o */ = /* p */ true /* q */ ] /* r */ ; /* unicode \u00e9 \U0001f600 */ ;
      map < int32 , . x . y /**/ . z . A > m = 2; reserved /* s */ 5 , 6 to /* t */ 8 ; reserved "aa" /* u */ , 'b' ; } ;
    enum E { ; A_ = 0 ; ; B_ = - 1 ; } service S { ; rpc R ( stream A ) returns ( .google.protobuf.Empty ) { ; } ; } ;
    /* the end */ // without a line end"""

SCOPES = """syntax = "proto2"; package p.q; import "google/protobuf/any.proto";
    message p { optional .p.q.p self = 1; message q { optional p up = 1; optional q me = 2; } optional q a = 2; optional .p.q.p.q b = 3; optional p.q c = 4; extensions 100 to 200; }
    message X { message Y { message Z { optional X x = 1; optional Y y = 2; optional Z z = 3; optional X.Y.Z w = 4; enum E { V = 0; } optional E e = 5 [default = V]; } optional Z z = 1; optional Y.Z z2 = 2; optional q.X x = 3; }
      optional Y y = 1; optional .p.q.X.Y.Z deep = 2; map<string, Y.Z> m = 3; map<int32, Y.Z.E> me = 4; oneof o { Y.Z oz = 5; .google.protobuf.Any any = 6; } optional group Y2 = 7 { optional Y y = 1; optional Y2 again = 2; } optional Y2 more = 8; }
    extend p { optional X.Y e1 = 100; optional q.p e2 = 101; repeated group G = 102 { optional X x = 1; } } message Holder { extend .p.q.p { optional Holder h = 110; repeated string s = 111; } optional G g = 1; }
    service S { rpc A(X) returns (X.Y); rpc B(p.q) returns (q.X.Y.Z); rpc C(Holder) returns (.google.protobuf.Any); }"""

CONFLUENT = """syntax = "proto3"; package shop; import "confluent/meta.proto"; import "confluent/type/decimal.proto"; import "confluent/type/variant.proto"; import "google/type/date.proto"; import "google/type/postal_address.proto";
    option (confluent.file_meta) = { doc: "file", params: [{ key: "a", value: "b" }, { key: "c" }], tags: ["x", "y"] };
    message Order { option (confluent.message_meta).doc = "an order"; option (confluent.message_meta).tags = "PII"; option (confluent.message_meta).tags = "GDPR";
      confluent.type.Decimal price = 1 [(confluent.field_meta) = { doc: "d" params: { key: "precision" value: "9" } params: { key: "scale" value: "2" } }]; confluent.type.Variant any = 2; google.type.Date day = 3; google.type.PostalAddress to = 4;
      string email = 5 [(confluent.field_meta).tags = "PII", (confluent.field_meta).doc = "mail", deprecated = true]; }
    enum Kind { option (confluent.enum_meta).doc = "kinds"; A = 0 [(confluent.enum_value_meta).doc = "first"]; }"""

HAND_WRITTEN = {
    "proto2": EVERYTHING_2,
    "proto3": EVERYTHING_3,
    "options": OPTIONS,
    "keywords": KEYWORDS,
    "numbers": NUMBERS,
    "comments": COMMENTS,
    "scopes 2": SCOPES,
    "confluent types": CONFLUENT,
    "scopes": "syntax = \"proto3\"; package p.q; message p { message q {} q a = 1; .p.q.p.q b = 2; } message X { p.q a = 1; .p.q.X b = 2; q.X c = 3; }",
    "empty": "",
    "only comments": "// nothing\n/* at all */",
    "only syntax": "syntax = 'proto3';",
    "byte order mark": "\ufeffsyntax = \"proto3\"; message A {}",
    "carriage returns": "syntax = \"proto3\";\r\nmessage A {\r\n  int32 a = 1;\r\n}\r\n",
    "joined strings": 'syntax = "pro" "to3"; package j; import "google/" "protobuf/empty.proto"; option java_package = "a" \'b\' "c"; message A { google.protobuf.Empty e = 1; }',
    "message set": 'message S { option message_set_wire_format = true; extensions 4 to max; } message E { extend S { optional E e = 536870911; } }',
    "weak and public": 'syntax = "proto3"; import public "google/protobuf/struct.proto"; import weak "google/protobuf/any.proto"; import "google/protobuf/empty.proto"; message A { google.protobuf.Struct s = 1; google.protobuf.Any a = 2; }',
    "descriptor itself": 'syntax = "proto3"; import "google/protobuf/descriptor.proto"; message A { google.protobuf.FileDescriptorSet s = 1; map<string, google.protobuf.FieldDescriptorProto> t = 2; }',
    "map of everything": 'syntax = "proto3"; ' + " ".join(f"message M{k} {{ " + " ".join(f"map<{k}, {v}> f{i} = {i + 1};" for i, v in enumerate(
        "double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes E Mbool".split())) + " }" for k in
        "int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string".split()) + " enum E { A = 0; }",
    "names that meet": 'syntax = "proto3"; message A { message FooEntry {} map<string, string> bar = 1; oneof _x { int32 x = 2; } optional int32 y = 3; oneof X_y { int32 v = 6; } }',
    "underscored": 'syntax = "proto3"; message _ { int32 _a = 1; int32 a__b = 2; int32 C_ = 3 [json_name = "c d\\u00e9\\""]; int32 dE9f = 4; }',
    "proto3 extends options": 'syntax = "proto3"; import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { optional string a = 50000; repeated int32 b = 50001; string c = 50002; } message M { int32 x = 1 [(a) = "q", (b) = 1, (b) = 2, (c) = "z", packed = false]; repeated int32 y = 2 [packed = false]; repeated E e = 3 [packed = true]; } enum E { Z = 0; }',
    "deep": 'syntax = "proto3"; ' + "message A { " * 30 + "int32 x = 1;" + "}" * 30,
    "source only": 'message A { extensions 50 to 60 [verification = UNVERIFIED]; extensions 1000 to max [declaration = { number: 1000, full_name: ".d", type: "int32" }, declaration = { number: 1001 reserved: true }]; extensions 7 [verification = UNVERIFIED]; }',
    "required": "message R { required string a = 1; required group G = 2 { required int32 b = 1; } }",
    "reserved": 'message R { reserved 1, 3 to 5, 7 to 7, 536870910 to max; reserved "a", "b" "c"; enum E { reserved -2147483648 to -5, 0x10 to 0x20, 100 to max; reserved "Q"; A = 0; B = -1; C = 2; } }',
    "many syntaxes of aggregates": 'import "google/protobuf/descriptor.proto"; message A { optional A a = 1; repeated A r = 2; optional string s = 3; repeated int32 n = 4; } extend google.protobuf.MessageOptions { optional A o = 51000; } message M { option (o) = { a { a < s: "x"; > , } ; r [ { s: "1" }, < > ] n: [ 1 , 2 ] s: "multi"\n "line" }; } message N { option (o) = {}; } message O { option (o).a.a.s = "y"; option (o).s = "z"; option (o).n = 1; option (o).n = 2; }',
}

# protoc refuses these, and so must we.
REFUSED = {
    "unknown type": 'syntax = "proto3"; message A { B b = 1; }',
    "twice a number": 'syntax = "proto3"; message A { int32 a = 1; int32 b = 1; }',
    "twice a name": 'syntax = "proto3"; message A { int32 a = 1; string a = 2; }',
    "reserved number": 'syntax = "proto3"; message A { reserved 1; int32 a = 1; }',
    "number zero": 'syntax = "proto3"; message A { int32 a = 0; }',
    "kept numbers": 'syntax = "proto3"; message A { int32 a = 19000; }',
    "too high a number": 'syntax = "proto3"; message A { int32 a = 536870912; }',
    "first enum value": 'syntax = "proto3"; enum E { A = 1; }',
    "alias without the option": 'syntax = "proto3"; enum E { A = 0; B = 0; }',
    "required in proto3": 'syntax = "proto3"; message A { required int32 a = 1; }',
    "group in proto3": 'syntax = "proto3"; message A { optional group G = 1 {} }',
    "default in proto3": 'syntax = "proto3"; message A { int32 a = 1 [default = 1]; }',
    "map key": 'syntax = "proto3"; message A { map<double, int32> m = 1; }',
    "repeated map": 'syntax = "proto3"; message A { repeated map<int32, int32> m = 1; }',
    "no label in proto2": 'message A { int32 a = 1; }',
    "unknown import": 'syntax = "proto3"; import "nowhere.proto"; message A {}',
    "open message": 'syntax = "proto3"; message A {',
    "open string": 'syntax = "proto3"; package a; option java_package = "x; message A {}',
    "unknown syntax": 'syntax = "proto4"; message A {}',
    "empty enum": 'syntax = "proto3"; enum E { }',
    "repeated in oneof": 'syntax = "proto3"; message A { oneof o { repeated int32 a = 1; } }',
    "empty oneof": 'syntax = "proto3"; message A { oneof o { } }',
    "int out of range": 'message A { optional int32 a = 1 [default = 2147483648]; }',
    "type of an option": 'option java_multiple_files = 1; message A {}',
    "json names that meet": 'syntax = "proto3"; message A { int32 foo_bar = 1; int32 fooBar = 2; }',
    "two packages": 'syntax = "proto3"; package a; package b;',
    "rpc of an enum": 'syntax = "proto3"; enum E { A = 0; } service S { rpc R(E) returns (E); }',
}
