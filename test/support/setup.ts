// The built-in template validator costs seconds per app; test/compliance validates every template once instead.
process.env.CDK_VALIDATION = 'false';
