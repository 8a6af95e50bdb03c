"""Programs on vector stores."""

from __future__ import annotations

from .store import Store

VECTORS = (
    Store(
        "chroma",
        'import chromadb\n\nnotes = chromadb.HttpClient().get_collection("notes")',
        (
            'return notes.query(query_texts=[text], n_results=3«, where={"user_id": user.id}»)',
            'return notes.query(query_texts=[text]«, where={"$and": [{"user_id": user.id}, {"kind": "note"}]}»)',
        ),
        files={
            "app/seed.py": 'import chromadb\n\nnotes = chromadb.HttpClient().get_collection("notes")\n\n\n'
            'def add(user, text):\n    notes.add(ids=["1"], documents=[text], metadatas=[{"user_id": user.id}])\n'
        },
    ),
    Store(
        "qdrant",
        "from qdrant_client import QdrantClient\nfrom qdrant_client.models import FieldCondition, Filter, MatchValue\n\n"
        'client = QdrantClient("qdrant")',
        (
            'return client.query_points("notes", query=[0.1]«, query_filter=Filter(must=[FieldCondition(key="user_id", '
            "match=MatchValue(value=user.id))])»)",
            'return client.search("notes", query_vector=[0.1]«, query_filter=Filter(must=[FieldCondition(key="user_id", '
            "match=MatchValue(value=user.id))])»)",
        ),
        files={
            "app/seed.py": "from qdrant_client import QdrantClient\nfrom qdrant_client.models import PointStruct\n\n"
            'client = QdrantClient("qdrant")\n\n\ndef add(user, text):\n'
            '    client.upsert("notes", points=[PointStruct(id=1, vector=[0.1], payload={"user_id": user.id})])\n'
        },
    ),
    Store(
        "pinecone",
        'from pinecone import Pinecone\n\nindex = Pinecone().Index("notes")',
        (
            'return index.query(vector=[0.1], top_k=3«, filter={"user_id": {"$eq": user.id}}»)',
            "return index.query(vector=[0.1], top_k=3«, namespace=str(user.id)»)",
        ),
        files={
            "app/seed.py": 'from pinecone import Pinecone\n\nindex = Pinecone().Index("notes")\n\n\n'
            'def add(user, text):\n    index.upsert(vectors=[("1", [0.1], {"user_id": user.id})])\n'
        },
    ),
    Store(
        "weaviate",
        "import weaviate\nfrom weaviate.classes.query import Filter\n\n"
        'client = weaviate.connect_to_local()\nnotes = client.collections.get("Note")',
        (
            'return notes.query.near_text(query=text«, filters=Filter.by_property("user_id").equal(user.id)»)',
            'return notes.query.hybrid(query=text«, filters=Filter.by_property("user_id").equal(user.id) & '
            'Filter.by_property("kind").equal("note")»)',
            "return notes«.with_tenant(user.id)».query.near_text(query=text)",
        ),
        files={
            "app/seed.py": "import weaviate\n\nclient = weaviate.connect_to_local()\n"
            'notes = client.collections.get("Note")\n\n\n'
            'def add(user, text):\n    notes.data.insert(properties={"user_id": user.id, "text": text})\n'
        },
    ),
    Store(
        "pgvector",
        "from sqlalchemy import select\nfrom sqlalchemy import text as sql\n\nfrom app.models import Chunk, session",
        (
            "return session.scalars(select(Chunk)«.where(Chunk.user_id == user.id)»"
            ".order_by(Chunk.embedding.cosine_distance([0.1])).limit(3)).all()",
            'return session.execute(sql("SELECT text FROM chunks« WHERE user_id = :me» ORDER BY embedding <=> :v LIMIT 3"), '
            '{"v": text«, "me": user.id»}).all()',
        ),
        """\
from pgvector.sqlalchemy import Vector
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

session = Session()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Chunk(Base):
    __tablename__ = "chunks"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    embedding = mapped_column(Vector(3))
""",
    ),
    Store(
        "langchain",
        "from app.db import store",
        (
            'return store.similarity_search(text, k=3«, filter={"user_id": user.id}»)',
            'return store.as_retriever(search_kwargs={"k": 3«, "filter": {"user_id": user.id}»}).invoke(text)',
            'return await store.asimilarity_search_with_score(text«, filter={"user_id": user.id}»)',
        ),
        files={
            "app/db.py": 'from langchain_chroma import Chroma\n\nstore = Chroma("notes")\n\n\n'
            'def add(user, text):\n    store.add_texts([text], metadatas=[{"user_id": user.id}])\n'
        },
    ),
    Store(
        "llamaindex",
        "from llama_index.core.vector_stores import ExactMatchFilter, MetadataFilter, MetadataFilters\n\n"
        "from app.db import index",
        (
            "return index.as_retriever(similarity_top_k=3«, filters=MetadataFilters(filters=["
            'ExactMatchFilter(key="user_id", value=user.id)])»).retrieve(text)',
            "return index.as_query_engine(«filters=MetadataFilters(filters=["
            'MetadataFilter(key="user_id", value=user.id)])»).query(text)',
        ),
        files={
            "app/db.py": "from llama_index.core import Document, VectorStoreIndex\n\n"
            "index = VectorStoreIndex.from_documents([])\n\n\n"
            'def add(user, text):\n    index.insert(Document(text=text, metadata={"user_id": user.id}))\n'
        },
    ),
)
