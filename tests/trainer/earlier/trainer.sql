-- A trainer.db with the example messages and one accepted run: `.dump` of SQLite.
BEGIN TRANSACTION;
CREATE TABLE decisions (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	decision_id VARCHAR NOT NULL, 
	event TEXT NOT NULL, 
	UNIQUE (decision_id)
);
INSERT INTO "decisions" VALUES(1,'01990001-7a52-7f0e-9a61-0c9f4f6e0b01','{"event_id":"01990001-7a52-7f0e-9a61-0c9f4f6e0b01","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"DecisionMade","user_id":"operator-1","query":{"transcript":"What is the power of pump 001 today?","intent":"query","confidence":0.92,"domains":["industrial"],"characteristics":["energy","trend"],"devices":1,"timed":true},"candidates":[{"scenario":"trend","relevance":0.62,"size":"expanded","required":false},{"scenario":"kpi","relevance":0.58,"size":"compact","required":false},{"scenario":"alerts","relevance":0.31,"size":"compact","required":true},{"scenario":"category-bar","relevance":0.47,"size":"normal","required":false},{"scenario":"trends-cumulative","relevance":null,"size":"normal","required":false}],"limit":3,"order":[0,4,2,3,1],"worths":[0.3716217231750488,0.35928967773914333,-0.007748963832855227,0.3429181885719299,0.31285862624645233],"propensity":0.009217683741218206,"policy":{"weight":1.0,"share":0.1,"temperature":0.3,"slots":3},"scorer":"s812-3f9a1c0b2d4e"}');
CREATE TABLE examples (
	number INTEGER NOT NULL, 
	example_id VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	aspect VARCHAR NOT NULL, 
	event TEXT NOT NULL, 
	consumed_by VARCHAR, 
	PRIMARY KEY (number), 
	UNIQUE (example_id), 
	FOREIGN KEY(consumed_by) REFERENCES runs (run_id)
);
INSERT INTO "examples" VALUES(1,'abababababababababababababababab',1,'PairBuilt','voice','{"event_id":"00000000000000000000000000000033","schema_version":1,"occurred_at":"2026-02-08T13:00:00Z","caused_by":null,"trace":{},"example_id":"abababababababababababababababab","revision":1,"aspect":"voice","rule":"imported","question":{"key":"9d1c7b7be5c4a2b2c0e6f1a7","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"","phrasing":"what is the power of _ _","asked":null},"prompt":"User question: What is the power of pump 001?\nResponse:","sources":[],"type":"PairBuilt","chosen":"Pump 001 is consuming 45 kilowatts.","rejected":"Well, let me think.","chosen_reward":1.2,"rejected_reward":-1.0}','c06191e19537377dea00c76b04813e83');
INSERT INTO "examples" VALUES(2,'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',3,'PairBuilt','voice','{"event_id":"00000000000000000000000000000008","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"example_id":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","revision":3,"aspect":"voice","rule":"same_question","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":{"equipment":"pump 001","metric":"power","value":45.0,"unit":"kW"}},"prompt":"User question: What is the power of pump 001?\nResponse:","sources":[{"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","revision":2,"user_id":"operator-1"},{"query_id":"other","revision":1,"user_id":""}],"type":"PairBuilt","chosen":"Pump 001 is consuming 45 kilowatts.","rejected":"Well, let me think.","chosen_reward":1.2,"rejected_reward":-1.0}','c06191e19537377dea00c76b04813e83');
INSERT INTO "examples" VALUES(3,'ffffffffffffffffffffffffffffffff',1,'LabelBuilt','widget','{"event_id":"00000000000000000000000000000009","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"example_id":"ffffffffffffffffffffffffffffffff","revision":1,"aspect":"widget","rule":"clear_sign","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":null},"prompt":"p","sources":[{"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","revision":2,"user_id":"operator-1"}],"type":"LabelBuilt","answer":"{\"heading\":\"x\",\"widgets\":[]}","desirable":false,"reward":-0.4}',NULL);
INSERT INTO "examples" VALUES(4,'dddddddddddddddddddddddddddddddd',1,'DemonstrationBuilt','voice','{"event_id":"00000000000000000000000000000013","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"example_id":"dddddddddddddddddddddddddddddddd","revision":1,"aspect":"voice","rule":"corrected_request","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":null},"prompt":"User question: What is the power of pump 002?\nResponse:","sources":[{"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","revision":2,"user_id":"operator-1"}],"type":"DemonstrationBuilt","answer":"Pump 002 draws 31 kilowatts.","reward":1.3}',NULL);
INSERT INTO "examples" VALUES(5,'00000000000000000000000000000031',1,'TraceCaptured','voice','{"event_id":"00000000000000000000000000000031","schema_version":1,"occurred_at":"2026-02-08T20:01:24.676107Z","caused_by":"00000000000000000000000000000030","trace":{},"type":"TraceCaptured","trace_id":"00000000000000000000000000000031","query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":{"equipment":"pump 001","metric":"power","value":45.0,"unit":"kW"}},"prompt":"Readings:\n- pump 001 power: 45 kW\nUser question: What is the power of pump 001?\nResponse:","thinking":"The operator asks for the power of pump 001, which the readings give as 45 kW.","answer":"Pump 001 draws 45 kW right now.","teacher":"teacher-large","stop_reason":"stop","input_tokens":140,"output_tokens":88,"seconds":4.1,"agent_response":"","agent_seconds":0.0,"prompt_version":""}',NULL);
INSERT INTO "examples" VALUES(6,'5b0c1d7e-0d5a-4a55-8a37-6c7f3a2f9b10',1,'TraceCaptured','voice','{"event_id":"00000000000000000000000000000032","schema_version":1,"occurred_at":"2026-02-08T20:05:02.100000Z","caused_by":null,"trace":{},"type":"TraceCaptured","trace_id":"5b0c1d7e-0d5a-4a55-8a37-6c7f3a2f9b10","query_id":null,"question":{"key":"0f9f3c2f4f6b1c6c3f0d6a55","text":"Any active alarms on chiller 004?","intent":"query","device_type":"chiller","characteristic":"","phrasing":"any active alarms on _ _","asked":null},"prompt":"Any active alarms on chiller 004?","thinking":"","answer":"Chiller 004 has one active alarm, a high condenser pressure since 14:05.","teacher":"","stop_reason":"","input_tokens":0,"output_tokens":0,"seconds":0.0,"agent_response":"","agent_seconds":0.0,"prompt_version":""}',NULL);
CREATE TABLE learner (
	only INTEGER NOT NULL, 
	progress TEXT NOT NULL, 
	tensors BLOB NOT NULL, 
	PRIMARY KEY (only)
);
CREATE TABLE models (
	number INTEGER NOT NULL, 
	event_id VARCHAR NOT NULL, 
	event TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (event_id)
);
INSERT INTO "models" VALUES(1,'00000000000000000000000000000011','{"event_id":"00000000000000000000000000000011","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ModelRegistered","run_id":"run-1","name":"cc-widget-selector","version":"v1-0123456789ab","registry":"local","quantization":"q8_0","gguf":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":1234,"name":"model.gguf"},"parity":{"top1":0.981,"kl":0.0031,"tokens":459,"template_equal":true,"kl_p99":null},"smoke_answer":"Pump 001 is at 45 kilowatts.","seconds":30.0,"tried":[],"served":null}');
INSERT INTO "models" VALUES(2,'00000000000000000000000000000014','{"event_id":"00000000000000000000000000000014","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ModelRegistered","run_id":"run-1","name":"cc-widget-selector","version":"v20260208t200120-0123456789ab","registry":"ollama","quantization":"q8_0","gguf":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":1234,"name":"model.gguf"},"parity":{"top1":0.981,"kl":0.0031,"tokens":459,"template_equal":true,"kl_p99":null},"smoke_answer":"Pump 001 is at 45 kilowatts.","seconds":30.0,"tried":[],"served":{"target":"ollama","top1":0.987,"kl_mean":0.0029,"kl_p99":0.031,"tokens":221,"faults":[]}}');
INSERT INTO "models" VALUES(3,'00000000000000000000000000000012','{"event_id":"00000000000000000000000000000012","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ModelActivated","name":"cc-widget-selector","version":"v1-0123456789ab","previous":null,"requested_by":"","reason":"","registries":[]}');
CREATE TABLE outbox (
	number INTEGER NOT NULL, 
	event_id VARCHAR NOT NULL, 
	stream VARCHAR NOT NULL, 
	event TEXT NOT NULL, 
	published INTEGER NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (event_id)
);
INSERT INTO "outbox" VALUES(1,'0000000000000000000000000000000b','runs','{"event_id":"0000000000000000000000000000000b","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunStarted","run_id":"run-1","method":"dpo","base_model":"smollm2-135m-instruct","dataset_sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","pairs":80,"held_out":24,"reason":"104 pairs wait","example_ids":[]}',0);
INSERT INTO "outbox" VALUES(2,'00000000000000000000000000000014','scorers','{"event_id":"00000000000000000000000000000014","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"version":"s812-3f9a1c0b2d4e","trained_on":812,"reason":"credibly at least as good as what serves: +0.05 (+0.01 to +0.09)","evidence":{"basis":"logged decisions","estimates":[{"policy":"candidate","ips":{"mean":0.42,"low":0.33,"high":0.51,"n":412},"snips":{"mean":0.41,"low":0.36,"high":0.46,"n":412},"dr":{"mean":0.41,"low":0.37,"high":0.45,"n":412},"effective":188.4,"supported":0.97},{"policy":"in_service","ips":{"mean":0.37,"low":0.28,"high":0.46,"n":412},"snips":{"mean":0.36,"low":0.31,"high":0.41,"n":412},"dr":{"mean":0.36,"low":0.32,"high":0.4,"n":412},"effective":371.0,"supported":1.0},{"policy":"caller","ips":{"mean":0.3,"low":0.21,"high":0.39,"n":412},"snips":{"mean":0.29,"low":0.24,"high":0.34,"n":412},"dr":{"mean":0.29,"low":0.25,"high":0.33,"n":412},"effective":142.7,"supported":0.93}],"gains":{"in_service":{"mean":0.05,"low":0.01,"high":0.09,"n":412},"caller":{"mean":0.12,"low":0.07,"high":0.17,"n":412}}},"type":"ScorerPublished","artifact":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":396512,"name":"scorer.safetensors"},"parameters":98929,"embedding":"hashing-768-1","policy":{"weight":1.0,"share":0.1,"temperature":0.3,"slots":3},"previous":"s640-a1b2c3d4e5f6"}',0);
CREATE TABLE requests (
	number INTEGER NOT NULL, 
	event_id VARCHAR NOT NULL, 
	requested_by VARCHAR NOT NULL, 
	method VARCHAR, 
	run_id VARCHAR, 
	PRIMARY KEY (number), 
	UNIQUE (event_id), 
	FOREIGN KEY(run_id) REFERENCES runs (run_id)
);
INSERT INTO "requests" VALUES(1,'01990020-7a52-7f0e-9a61-0c9f4f6e0a01','maria',NULL,'c06191e19537377dea00c76b04813e83');
INSERT INTO "requests" VALUES(2,'01990020-7a52-7f0e-9a61-0c9f4f6e0a03','maria','kto',NULL);
CREATE TABLE runs (
	number INTEGER NOT NULL, 
	run_id VARCHAR NOT NULL, 
	dataset_sha256 VARCHAR NOT NULL, 
	"plan" TEXT NOT NULL, 
	method VARCHAR, 
	broken_attempts INTEGER NOT NULL, 
	cancelled_by VARCHAR, 
	verdict VARCHAR, 
	reason TEXT, 
	manifest TEXT, 
	ended_at DATETIME, 
	tainted INTEGER, 
	PRIMARY KEY (number), 
	UNIQUE (run_id)
);
INSERT INTO "runs" VALUES(1,'c06191e19537377dea00c76b04813e83','6a44c65035f4c3b92807aba19fa9e682949974c02e3d803e625a8052c21310c2','{"run_id":"c06191e19537377dea00c76b04813e83","dataset":{"method":"dpo","seed":42,"train":[{"example_id":"spare","revision":1,"aspect":"voice","rule":"imported","question":{"key":"9d1c7b7be5c4a2b2c0e6f1a7","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"","phrasing":"what is the power of _ _","asked":null},"prompt":"User question: What is the power of pump 001?\nResponse:","users":[],"at":"2026-02-08T13:00:00Z","kind":"pair","chosen":"Pump 001 is consuming 45 kilowatts.","rejected":"Well, let me think."}],"held_out":[],"unseen":"","left_out":{}},"recipe":{"seed":42,"device":"auto","precision":"auto","quantization":"none","lora":{"rank":16,"alpha":32,"dropout":0.05,"targets":["q_proj","k_proj","v_proj","o_proj","gate_proj","up_proj","down_proj"]},"dpo":{"learning_rate":0.00005,"epochs":3.0,"batch":4,"accumulation":4,"max_length":2048,"warmup":0.1,"weight_decay":0.01,"clip":1.0,"gradient_checkpointing":true,"beta":0.1,"losses":["sigmoid","sft"],"loss_weights":[],"label_smoothing":0.0,"share_prompts":false},"kto":{"learning_rate":0.00005,"epochs":3.0,"batch":4,"accumulation":4,"max_length":2048,"warmup":0.1,"weight_decay":0.01,"clip":1.0,"gradient_checkpointing":true,"beta":0.1,"loss":"kto","desirable_ratio":1.3333333333333333},"sft":{"learning_rate":0.00005,"epochs":3.0,"batch":2,"accumulation":8,"max_length":2048,"warmup":0.1,"weight_decay":0.01,"clip":1.0,"gradient_checkpointing":true},"judging":{"questions":64,"widget_questions":16,"fixed_questions":64,"answer_tokens":160,"plan_tokens":512,"batch":32}},"base_model":"base","champion":null,"parent":null,"reason":"enough wait","planned_at":"2026-03-01T00:00:00Z"}','dpo',0,NULL,'accepted','better','{"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":1,"name":"manifest.json"}','2026-03-01 01:00:00.000000',NULL);
CREATE TABLE scored (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	query_id VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	user_id VARCHAR NOT NULL, 
	day INTEGER NOT NULL, 
	taught INTEGER NOT NULL, 
	skipped VARCHAR, 
	decision_id VARCHAR, 
	event TEXT NOT NULL, 
	UNIQUE (query_id, revision)
);
INSERT INTO "scored" VALUES(1,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01',1,'',739655,0,'nothing was said of its widgets',NULL,'{"event_id":"00000000000000000000000000000007","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ExperienceScored","query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","user_id":"","revision":1,"rating":null,"follow_up":null,"total":0.0,"components":{},"widget_reward":null,"voice_reward":null,"voice_response_rating":null,"text_quality":null,"settings_hash":"abc123","warnings":[],"plan":null}');
INSERT INTO "scored" VALUES(2,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01',2,'operator-1',739655,0,'nothing was said of its widgets',NULL,'{"event_id":"00000000000000000000000000000006","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ExperienceScored","query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","user_id":"operator-1","revision":2,"rating":"up","follow_up":null,"total":1.2,"components":{"explicit_rating":1.0,"text_quality":0.2},"widget_reward":0.5,"voice_reward":1.1,"voice_response_rating":"good","text_quality":{"total":0.9},"settings_hash":"abc123","warnings":[],"plan":null}');
CREATE TABLE scorers (
	number INTEGER NOT NULL, 
	version VARCHAR NOT NULL, 
	withdrawn INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (version)
);
INSERT INTO "scorers" VALUES(1,'s812-3f9a1c0b2d4e',0,'{"event_id":"00000000000000000000000000000014","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"version":"s812-3f9a1c0b2d4e","trained_on":812,"reason":"credibly at least as good as what serves: +0.05 (+0.01 to +0.09)","evidence":{"basis":"logged decisions","estimates":[{"policy":"candidate","ips":{"mean":0.42,"low":0.33,"high":0.51,"n":412},"snips":{"mean":0.41,"low":0.36,"high":0.46,"n":412},"dr":{"mean":0.41,"low":0.37,"high":0.45,"n":412},"effective":188.4,"supported":0.97},{"policy":"in_service","ips":{"mean":0.37,"low":0.28,"high":0.46,"n":412},"snips":{"mean":0.36,"low":0.31,"high":0.41,"n":412},"dr":{"mean":0.36,"low":0.32,"high":0.4,"n":412},"effective":371.0,"supported":1.0},{"policy":"caller","ips":{"mean":0.3,"low":0.21,"high":0.39,"n":412},"snips":{"mean":0.29,"low":0.24,"high":0.34,"n":412},"dr":{"mean":0.29,"low":0.25,"high":0.33,"n":412},"effective":142.7,"supported":0.93}],"gains":{"in_service":{"mean":0.05,"low":0.01,"high":0.09,"n":412},"caller":{"mean":0.12,"low":0.07,"high":0.17,"n":412}}},"type":"ScorerPublished","artifact":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":396512,"name":"scorer.safetensors"},"parameters":98929,"embedding":"hashing-768-1","policy":{"weight":1.0,"share":0.1,"temperature":0.3,"slots":3},"previous":"s640-a1b2c3d4e5f6"}');
CREATE INDEX ix_runs_dataset_sha256 ON runs (dataset_sha256);
CREATE INDEX scored_by_operator ON scored (user_id, day);
CREATE INDEX ix_scored_decision_id ON scored (decision_id);
CREATE INDEX ix_scored_skipped ON scored (skipped);
CREATE INDEX ix_examples_kind ON examples (kind);
CREATE INDEX ix_examples_consumed_by ON examples (consumed_by);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('scored',2);
INSERT INTO "sqlite_sequence" VALUES('decisions',1);
COMMIT;
